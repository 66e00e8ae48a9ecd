// Why a key was, or was not, present: what a tracker's journal tells of it.
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

/// `hidden` and `shown`: the node of the presence was down, and came back.
enum class story_event : std::uint8_t { joined, left, hidden, shown };

/// Through what it happened.
enum class story_cause : std::uint8_t {
  operation,  ///< an operation on this node, or the end of an actor or lease of it
  restart,    ///< a life of our own shard after the one before
  heartbeat,  ///< a frame of node `from`
  pull,       ///< a frame of node `from`
  state,      ///< a frame of node `from`
  bye,        ///< the node said bye, or its drain is over
  down,       ///< the node was silent, or its link was lost
  permdown,   ///< the node was silent for so long that it was forgotten
  up,         ///< the node was heard again
  superseded, ///< a new life of the node
  drain,      ///< taken over from a node that is going
};

struct story_entry {
  std::int64_t wall_ms = 0;   ///< since 1970, UTC
  std::int64_t steady_ms = 0; ///< since any fixed moment; never goes back
  story_event what = story_event::joined;
  leave_reason reason = leave_reason::untracked; ///< of left and hidden
  story_cause cause = story_cause::operation;
  pid who;
  rollcall::ref ref;
  std::string from;          ///< whose frame it was
  std::int64_t heard_ms = 0; ///< of down: wall time of the last frame, if there was one
  bool link_lost = false;    ///< of down: the link was lost
};

std::string_view to_string(story_event) noexcept;
std::string_view to_string(story_cause) noexcept;
/// "heartbeat of a", "operation", "down": the cause, and whose frame.
std::string through(const story_entry&);
/// "2026-11-28T12:03:01.120Z"
std::string wall_text(std::int64_t wall_ms);
/// "12:03:01.120 joined by a heartbeat of a (a#17)", in UTC.
std::string to_text(const story_entry&);

} // namespace rollcall
