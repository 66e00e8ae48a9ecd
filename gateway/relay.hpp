// Carries what clients broadcast to the other gateways of the cluster.
//
// The gateways find each other in a tracker of their own, "<tracker>.gateways",
// in which each is present once. A broadcast is one message to each of them,
// whether or not a client there listens to the topic: a client that joined a
// moment ago must not miss it, and one that only listens is tracked nowhere.
//
// Threads: that of the gateway, but for `start` and `stop`, which block.
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
    /// A client of another gateway has said it. `tail` as `encode_tail` makes it.
    std::function<void(const std::string& topic, const std::string& tail)> said;
    /// One was lost: too many at once, or larger than a message of nodes may be.
    std::function<void()> dropped;
  };

  /// Runs beside that tracker, with its periods; several gateways of one actor
  /// system share it. `post` brings events to the gateway's thread. Errors: as
  /// start_tracker.
  static expected<std::unique_ptr<relay>> start(caf::actor_system&, const tracker& beside,
                                                const cluster_node&,
                                                std::function<void(std::function<void()>)> post,
                                                events);
  ~relay();
  relay(const relay&) = delete;
  relay& operator=(const relay&) = delete;

  /// To all other gateways, in the order of the calls.
  void say(const std::string& topic, const std::string& tail);
  /// No event begins after this. Ends the actor, and the tracker with the last.
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
