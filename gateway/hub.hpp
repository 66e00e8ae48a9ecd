// The actor of a gateway, through which it uses the tracker.
//
// All operations are messages, so no thread waits for a shard. Operations of one topic are
// carried out in the order of the calls.
//
// Thread-safety: any thread. Callbacks and events run through `post`, which is the thread of
// the gateway.
#pragma once

#include "gateway/client.hpp"
#include "rollcall/tracker.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::gateway {

class hub_actor;

class hub {
public:
  struct events {
    /// A subscription has begun, or was too slow: earlier data of the topic is stale.
    std::function<void(const std::string& topic)> state;
    std::function<void(std::shared_ptr<const diff>)> changed;
    /// Diffs were dropped: all states are stale.
    std::function<void()> lost;
  };
  using task = std::function<void()>;
  using answer = std::function<void(const tracker_answer&)>;
  using lease_answer = std::function<void(const lease&, const tracker_answer&)>;
  using found = std::function<void(const std::optional<presence>&)>;

  hub(caf::actor_system&, tracker, std::function<void(task)> post, events);
  ~hub();
  hub(const hub&) = delete;
  hub& operator=(const hub&) = delete;

  /// Spawns an actor that does nothing; its end is the leave of its presences.
  caf::actor spawn_member();
  static void end_member(const caf::actor&);

  void track(const caf::actor& who, std::string topic, std::string key, meta, answer);
  void update(const caf::actor& who, std::string topic, std::string key, meta, answer);
  void untrack(const caf::actor& who, std::string topic, std::string key);

  // -- leases
  void track_lease(std::string topic, std::string key, meta, millis ttl, lease_answer);
  /// Returns nothing if the lease has ended or does not exist.
  void find(const lease&, found);
  /// Renews the lease for its ttl, or for the given one.
  void renew(const lease&, std::optional<millis> ttl, answer);
  void update(const lease&, meta, answer);
  void untrack(const lease&, answer);

  void subscribe(std::string topic, std::uint64_t id);
  void unsubscribe(std::string topic, std::uint64_t id);

  /// Ends the actor. No callback or event begins after this.
  void stop();

private:
  friend class hub_actor;
  using command = std::function<void(hub_actor*)>;
  void push(command);

  struct shared;
  caf::actor_system& system_;
  std::shared_ptr<shared> shared_;
  caf::actor actor_;
};

} // namespace rollcall::gateway
