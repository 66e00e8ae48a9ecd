// What changes, as it changes: the presences of a topic, of all topics with a
// prefix, or of all; first as they are, then each diff, without gap or overlap.
//
//     auto s = tracker.subscribe(rollcall::on_prefix("room:"),
//       {.state = [](std::uint32_t shard, const std::vector<rollcall::presence>& all) { ... },
//        .diff  = [](std::uint32_t shard, const rollcall::diff& d) { ... }});
//     ...
//     s->cancel();
//
// Each shard tells its own part: one state for each, then its diffs; between
// shards there is no order. Who is slow gets the state again in place of the
// diffs that it missed (limits::subscriber_credit).
//
// Threads: callbacks run in threads of their own, at most `most_callback_threads`
// in the process. Those of one subscription run one at a time and in order. They
// may block or call the tracker: as long as fewer than that many block, none
// waits for another. What a callback captures must live until `cancel`, or the
// tracker's `stop`, has returned. An actor can subscribe itself: see messages.hpp.
//
// Errors: what a callback throws ends its subscription, and is told (notices.hpp).
#pragma once

#include "rollcall/messages.hpp"
#include "rollcall/presence.hpp"
#include "rollcall/stats.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rollcall {

/// Which topics.
struct selector {
  selection what = selection::all;
  std::string text{}; ///< the topic, or the prefix
  /// Whether `join::first` and `leave::last` are to be filled in.
  bool first_and_last = false;
};

inline selector on_topic(std::string topic) { return {selection::topic, std::move(topic)}; }
inline selector on_prefix(std::string prefix) { return {selection::prefix, std::move(prefix)}; }
inline selector on_all() { return {}; }

/// Either may be empty. What they throw ends the subscription.
struct subscription_callbacks {
  /// What is present now, in place of all that was said before of this shard.
  std::function<void(std::uint32_t shard, const std::vector<presence>&)> state{};
  std::function<void(std::uint32_t shard, const rollcall::diff&)> diff{};
};

using event_callback = std::function<void(const tracker_event&)>;

/// Threads that callbacks have, all subscriptions and observers of the process
/// together. They start when they are needed and end when nobody subscribes.
inline constexpr std::size_t most_callback_threads = 32;

namespace actors {
class callback_queue;
} // namespace actors

/// A subscription, or an observer, under way. Dropping the value does not end it;
/// the end of the tracker (or node) does. Copies name the same one. The value
/// keeps nothing alive, and may outlive the tracker and the actor system.
class subscription {
public:
  subscription() = default;
  subscription(std::uint64_t id, std::shared_ptr<actors::callback_queue> x)
      : id_(id), queue_(std::move(x)) {}

  std::uint64_t id() const noexcept { return id_; }

  /// When it has returned, no callback runs or begins, and what the callbacks
  /// captured is gone. Waits for the callback that runs at this moment; inside
  /// that very callback it returns at once, and none begins after it. Idempotent.
  /// Hold no lock that the callback takes.
  void cancel();

private:
  std::uint64_t id_ = 0;
  std::shared_ptr<actors::callback_queue> queue_;
};

} // namespace rollcall
