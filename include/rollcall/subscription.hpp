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
// Threads: the callbacks of one subscription run one at a time, in an actor of
// their own, and may block or call the tracker; keep them alive as long as the
// subscription. An actor can subscribe itself: see messages.hpp.
#pragma once

#include "rollcall/messages.hpp"
#include "rollcall/presence.hpp"
#include "rollcall/stats.hpp"

#include <cstdint>
#include <functional>
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

/// A subscription under way. Dropping the value does not end it; the end of the
/// tracker does. Copies name the same one.
class subscription {
public:
  subscription() = default;
  subscription(std::uint64_t id, caf::actor worker) : id_(id), worker_(std::move(worker)) {}

  std::uint64_t id() const noexcept { return id_; }
  /// No callback begins after the one that may run at this moment.
  void cancel();

private:
  std::uint64_t id_ = 0;
  caf::actor worker_;
};

} // namespace rollcall
