// What a tracker reports about itself: replicas, counters, events.
//
// Values only: no CAF, no IO.
#pragma once

#include "rollcall/errc.hpp"
#include "rollcall/presence.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace rollcall {

/// The kinds of frame that shards exchange.
enum class frame_kind : std::uint8_t { heartbeat = 1, pull = 2, state = 3, bye = 4 };
/// Length of an array that is indexed by frame_kind; [0] counts refused frames.
inline constexpr std::size_t frame_kind_count = static_cast<std::size_t>(frame_kind::bye) + 1;
using by_frame_kind = std::array<std::uint64_t, frame_kind_count>;
/// Returns "heartbeat" and so on; "refused" for 0.
const char* name_of_frame_kind(std::size_t) noexcept;

/// A replica as one shard sees it.
struct replica_state {
  replica_id id;
  std::uint32_t shard = 0;
  bool up = true;
  std::uint64_t clock = 0; ///< all its changes up to this clock are known
};

/// Counters of one shard since its tracker was started, restarts included; for a tracker,
/// the sums. Add a counter here and to the table of counters() (base/stats.cpp), from
/// which sums, messages, JSON and metrics are made.
struct tracker_stats {
  by_frame_kind frames_in{}, frames_out{}, bytes_in{}, bytes_out{};
  std::uint64_t frames_unknown = 0; ///< frames of a later version: ignored
  std::uint64_t frames_forged = 0;  ///< frames whose sender is not the node of their link: refused
  std::uint64_t frames_costly =
      0; ///< frames with more than a frame may contain: the rest was not merged
  std::uint64_t lives_refused = 0; ///< frames of lives more than a day ahead of our clock
  std::uint64_t no_room = 0;       ///< peers and deltas that a limit kept out; repaired later
  std::uint64_t evicted = 0;       ///< replicas that were down and were dropped to make room
  std::uint64_t pulls_dropped = 0; ///< pulls of peers that pull faster than they read
  std::uint64_t pulls = 0;
  std::uint64_t merges = 0; ///< deltas applied; a delta merged in pieces counts once for each
  std::uint64_t joins = 0;
  std::uint64_t leaves = 0;
  std::uint64_t rebirths = 0;
  std::uint64_t divergences = 0;  ///< copies that the audit found wrong; they are pulled again
  std::uint64_t presences = 0;    ///< of all replicas, now
  std::uint64_t memory_bytes = 0; ///< used by presences and their indexes, now
  std::uint64_t monitored = 0;    ///< local actors that are monitored, now
  std::uint64_t subscriptions = 0;
  std::uint64_t resyncs = 0; ///< times that a slow subscriber got the state again
  std::uint64_t handler_failures = 0;
  std::uint64_t restarts = 0;
  /// Histogram of the time that a shard spent on one message: [0] less than 1 µs, [i]
  /// from 2^(i-1) to less than 2^i µs; the last one also counts all longer times.
  std::array<std::uint64_t, 24> busy{};
  std::uint64_t longest_busy_us = 0; ///< a sum takes the maximum

  tracker_stats& operator+=(const tracker_stats&) noexcept;
};

/// One member of tracker_stats, for code that shows or adds all of them.
struct counter {
  enum class sum : std::uint8_t { total, greatest };
  enum class kind : std::uint8_t { total, now }; ///< a count that never decreases; a level

  const char* name; ///< "frames_unknown": in JSON, and in metrics after a prefix
  std::uint64_t tracker_stats::*member;
  kind what;
  const char* help;
  sum how = sum::total; ///< how the values of several shards are combined
};
/// A member that is an array indexed by frame_kind.
struct frame_counter {
  const char* name;
  by_frame_kind tracker_stats::*member;
  const char* help;
};
std::span<const counter> counters() noexcept;
std::span<const frame_counter> frame_counters() noexcept;

/// Events of a tracker other than joins and leaves.
enum class tracker_event_kind : std::uint8_t {
  replica_up,       ///< `replica`: heard for the first time, or again
  replica_down,     ///< `replica`: silent for too long; its presences are hidden
  replica_permdown, ///< `replica`: silent for permdown_period, said bye, or was superseded
  reborn,           ///< `replica`: our own new incarnation, above one that others remember
  diverged,         ///< `replica`: the audit found our copy wrong; it is pulled again
  name_conflict,    ///< `replica`: two nodes keep taking this name from each other
  handler_failed,   ///< `text`: what handle_diff or handle_info threw; no presence is lost
  shard_restarted,  ///< `text`: why the shard ended
  tracker_failed,   ///< `code`, `text`: too_many_restarts; the tracker has ended
  no_room,          ///< `replica`, `text`: a limit keeps out the replica, or part of it
  clock_ahead, ///< `replica`, `text`: its incarnation is more than a day ahead of another clock
};

std::string to_string(tracker_event_kind);

struct tracker_event {
  tracker_event_kind kind = tracker_event_kind::replica_up;
  std::string tracker;
  std::uint32_t shard = 0;
  replica_id replica;
  errc code = errc::none;
  std::string text;
};

} // namespace rollcall
