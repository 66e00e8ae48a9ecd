// Why a key was, or was not, present: the entries of a tracker's journal.
//
//     for (auto& x : *tracker.why("room:1", "ada")) fmt::print("{}\n", to_text(x));
//     // 12:03:01.120 joined by a heartbeat of a
//     // 12:03:31.004 hidden: a was silent for 30.0 s (last frame 12:03:01.004)
//     // 12:03:40.201 shown again: a was heard again
//
// Values only: no CAF, no IO.
#pragma once

#include "rollcall/presence.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace rollcall {

/// `hidden`: the node of the presence went down. `shown`: it came back.
enum class story_event : std::uint8_t { joined, left, hidden, shown };

/// The cause of the change.
enum class story_cause : std::uint8_t {
  operation,  ///< an operation on this node, or the end of one of its actors or leases
  restart,    ///< our own shard restarted
  heartbeat,  ///< a frame of node `from`
  pull,       ///< a frame of node `from`
  state,      ///< a frame of node `from`
  bye,        ///< the node said bye, or its drain is over
  down,       ///< the node was silent, or its link was lost
  permdown,   ///< the node was silent for permdown_period
  up,         ///< the node was heard again
  superseded, ///< the node has a new life
  drain,      ///< taken over from a node that drains
};

struct story_entry {
  std::int64_t wall_ms = 0;   ///< since 1970, UTC
  std::int64_t steady_ms = 0; ///< since any fixed moment; never goes back
  story_event what = story_event::joined;
  leave_reason reason = leave_reason::untracked; ///< for left and hidden
  story_cause cause = story_cause::operation;
  pid who;
  rollcall::ref ref;
  std::string from;          ///< the sender of the frame
  std::int64_t heard_ms = 0; ///< for down: wall time of the last frame; 0 without one
  bool link_lost = false;    ///< for down: the link was lost
};

std::string_view to_string(story_event) noexcept;
std::string_view to_string(story_cause) noexcept;
/// Returns the cause, and the sender of a frame: "heartbeat of a", "operation", "down".
std::string through(const story_entry&);
/// "2026-11-28T12:03:01.120Z"
std::string wall_text(std::int64_t wall_ms);
/// "12:03:01.120 joined by a heartbeat of a (a#17)", in UTC.
std::string to_text(const story_entry&);

} // namespace rollcall
