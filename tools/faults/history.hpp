// What happened in one cycle: what was asked of the nodes and acknowledged, and
// what they showed.
//
// An element is one join: what a `track` adds, or the second half of an
// `update`. It carries a number in its meta by which reads find it again. Times
// are taken by the one clock of the harness; `acked` and `end_acked` when the
// answer had come, so never too early.
//
// Pure.
#pragma once

#include <cstdint>
#include <limits>
#include <vector>

namespace rollcall::faults {

using element_id = std::uint64_t;
using instant = std::int64_t; ///< microseconds since the run began
inline constexpr instant never = std::numeric_limits<instant>::max();

struct element {
  element_id id = 0;
  int owner = 0;
  int topic = 0;
  instant invoked = 0;
  instant acked = never;       ///< never: no answer came, so it may live or not
  instant end_invoked = never; ///< update, untrack, death of its actor or node
  instant end_acked = never;
};

/// One `list` of one topic.
struct read {
  int reader = 0;
  int topic = 0;
  instant invoked = 0, completed = 0;
  std::vector<element_id> seen; ///< ascending
};

/// The reader held the owner down, as it said itself.
struct down_time {
  int reader = 0, owner = 0;
  instant from = 0, until = never;
};

struct history {
  std::vector<element> elements; ///< ascending by id
  std::vector<read> reads;       ///< in the order in which they completed
  std::vector<down_time> downs;
  /// The reader had no link to the owner. Meanwhile a join elsewhere under the same
  /// topic and key takes over what the owner had, until the link is back.
  std::vector<down_time> unlinked;
  instant healed = 0; ///< from here on nothing was broken
};

} // namespace rollcall::faults
