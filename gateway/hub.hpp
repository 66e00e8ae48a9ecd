// The one actor of a gateway: what goes to the tracker, and what comes back.
//
// Everything is a message, so no thread waits for a shard. Operations of one
// topic are carried out in the order of the calls.
//
// Threads: any. Callbacks and events run where `post` brings them: the thread
// of the gateway.
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
    /// A subscription has begun, or was too slow: what was told before is stale.
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

  /// An actor that does nothing but live: its end is the leave.
  caf::actor spawn_member();
  static void end_member(const caf::actor&);

  void track(const caf::actor& who, std::string topic, std::string key, meta, answer);
  void update(const caf::actor& who, std::string topic, std::string key, meta, answer);
  void untrack(const caf::actor& who, std::string topic, std::string key);

  // -- presences that live by a lease
  void track_lease(std::string topic, std::string key, meta, millis ttl, lease_answer);
  /// Nothing if it has ended, or never was.
  void find(const lease&, found);
  /// Lasts for its ttl, or the one given, from now.
  void renew(const lease&, std::optional<millis> ttl, answer);
  void update(const lease&, meta, answer);
  void untrack(const lease&, answer);

  void subscribe(std::string topic, std::uint64_t id);
  void unsubscribe(std::string topic, std::uint64_t id);

  /// No callback and no event begins after this. Ends the actor.
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
