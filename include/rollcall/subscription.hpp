// Subscriptions to the presences of a topic, of all topics with a prefix, or of all
// topics: first the state, then each diff, without gap or overlap.
//
//     auto s = tracker.subscribe(rollcall::on_prefix("room:"),
//       {.state = [](std::uint32_t shard, const std::vector<rollcall::presence>& all) { ... },
//        .diff  = [](std::uint32_t shard, const rollcall::diff& d) { ... }});
//     ...
//     s->cancel();
//
// Each shard reports its own topics: one state, then its diffs. There is no order between
// shards. A slow subscriber gets the state again, in place of the diffs that it missed
// (limits::subscriber_credit).
//
// Threads: callbacks run in separate threads, at most `most_callback_threads` in the
// process. The callbacks of one subscription run one at a time and in order. They may
// block or call the tracker; a blocked callback occupies one of the threads. What a
// callback captures must live until `cancel`, or the tracker's `stop`, has returned. For
// subscriptions of actors see messages.hpp.
//
// Errors: a callback that throws ends its subscription, and a notice says so (notices.hpp).
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

/// Selects topics.
struct selector {
  selection what = selection::all;
  std::string text{}; ///< the topic, or the prefix
  /// Set `join::first` and `leave::last`.
  bool first_and_last = false;
};

inline selector on_topic(std::string topic) { return {selection::topic, std::move(topic)}; }
inline selector on_prefix(std::string prefix) { return {selection::prefix, std::move(prefix)}; }
inline selector on_all() { return {}; }

/// Either may be empty. An exception ends the subscription.
struct subscription_callbacks {
  /// The present state of a shard. It replaces all earlier calls for this shard.
  std::function<void(std::uint32_t shard, const std::vector<presence>&)> state{};
  std::function<void(std::uint32_t shard, const rollcall::diff&)> diff{};
};

using event_callback = std::function<void(const tracker_event&)>;

/// Limit of the threads for callbacks, over all subscriptions and observers of the
/// process. Threads start when they are needed and end with the last subscription.
inline constexpr std::size_t most_callback_threads = 32;

namespace actors {
class callback_queue;
struct access;
} // namespace actors

/// Names a running subscription or observer. Destroying the value does not end it;
/// `cancel` and the end of the tracker or node do. Copies name the same one. The value
/// keeps nothing alive, and may outlive the tracker and the actor system.
class subscription {
public:
  subscription() = default;

  std::uint64_t id() const noexcept { return id_; }

  /// Waits for the running callback. After it returns, no callback runs or begins, and
  /// the captures of the callbacks are destroyed. Called inside the callback, it returns
  /// at once, and no callback begins after that one. Idempotent. Requires that the caller
  /// holds no lock that the callback takes.
  void cancel();

private:
  friend struct actors::access;
  subscription(std::uint64_t id, std::shared_ptr<actors::callback_queue> x)
      : id_(id), queue_(std::move(x)) {}

  std::uint64_t id_ = 0;
  std::shared_ptr<actors::callback_queue> queue_;
};

} // namespace rollcall
