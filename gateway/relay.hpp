// Sends the broadcasts of clients to the other gateways of the cluster.
//
// The gateways find each other by a tracker of their own, "<tracker>.gateways", in which each
// is present once. A broadcast is one message to each of them, whether or not one of its
// clients listens to the topic: a client that has just joined must not miss it, and clients
// that only listen are not tracked.
//
// Thread-safety: gateway's thread, except `start` and `stop`, which block.
#pragma once

#include "rollcall/cluster.hpp"
#include "rollcall/tracker.hpp"

#include <functional>
#include <memory>
#include <string>

namespace rollcall::gateway {

class relay {
public:
  struct events {
    /// A broadcast of a client of another gateway. `tail`: see `encode_tail`.
    std::function<void(const std::string& topic, const std::string& tail)> said;
    /// A broadcast was lost: too many at once, or larger than the limit of dispatches.
    std::function<void()> dropped;
  };

  /// Uses the periods of that tracker. Gateways of one actor system share the tracker of
  /// gateways. `post` runs events in the gateway's thread. Errors: as start_tracker.
  static expected<std::unique_ptr<relay>> start(caf::actor_system&, const tracker& beside,
                                                const cluster_node&,
                                                std::function<void(std::function<void()>)> post,
                                                events);
  ~relay();
  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;

  /// Sends to all other gateways, in the order of the calls.
  void say(const std::string& topic, const std::string& tail);
  /// Ends the actor; the last one ends the tracker. No event begins after this.
  void stop();

private:
  struct home;
  class meeting_point;
  explicit relay(std::shared_ptr<home>);

  std::shared_ptr<home> home_;
  std::shared_ptr<meeting_point> others_;
  caf::actor ear_;
};

} // namespace rollcall::gateway
