// What a tracker tells about itself: replicas, counters, events.
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

/// What shards send each other.
enum class frame_kind : std::uint8_t { heartbeat = 1, pull = 2, state = 3, bye = 4 };
/// Length of an array that is indexed by frame_kind; [0] counts what was refused.
inline constexpr std::size_t frame_kind_count = static_cast<std::size_t>(frame_kind::bye) + 1;
using by_frame_kind = std::array<std::uint64_t, frame_kind_count>;
/// "heartbeat"; of 0: "refused".
const char* name_of_frame_kind(std::size_t) noexcept;

/// A replica as one shard sees it.
struct replica_state {
  replica_id id;
  std::uint32_t shard = 0;
  bool up = true;
  std::uint64_t clock = 0; ///< all that it did up to here is known
};

/// Counters of one shard since its tracker was started, restarts included; of
/// a tracker: the sums. A new one stands here and in the table of counters()
/// (base/stats.cpp), which feeds sums, messages, JSON and metrics.
struct tracker_stats {
  by_frame_kind frames_in{}, frames_out{}, bytes_in{}, bytes_out{};
  std::uint64_t frames_unknown = 0; ///< of a later version: ignored
  std::uint64_t frames_forged = 0;  ///< named another sender than the node of their link: refused
  std::uint64_t frames_costly = 0;  ///< said more than a frame may: the rest was not merged
  std::uint64_t lives_refused = 0;  ///< frames of lives more than a day ahead of our clock
  std::uint64_t no_room = 0;        ///< peers and deltas that a limit kept out: made up for later
  std::uint64_t evicted = 0;        ///< replicas that were down and made room for the living
  std::uint64_t pulls_dropped = 0;  ///< by peers that pull faster than they read
  std::uint64_t pulls = 0;
  std::uint64_t merges = 0; ///< deltas applied; one that is merged in pieces counts for each
  std::uint64_t joins = 0;
  std::uint64_t leaves = 0;
  std::uint64_t rebirths = 0;
  std::uint64_t divergences = 0;  ///< copies that the audit found wrong, and pulled anew
  std::uint64_t presences = 0;    ///< held now, of all replicas
  std::uint64_t memory_bytes = 0; ///< by presences and their indexes, now
  std::uint64_t monitored = 0;    ///< local actors that are watched, now
  std::uint64_t subscriptions = 0;
  std::uint64_t resyncs = 0; ///< a slow subscriber was given the state again
  std::uint64_t handler_failures = 0;
  std::uint64_t restarts = 0;
  /// How long a shard was busy with one message, all that it made it do
  /// included: [0] less than 1 µs, [i] less than 2^i µs and no less than half of
  /// that; the last one counts all above, too.
  std::array<std::uint64_t, 24> busy{};
  std::uint64_t longest_busy_us = 0; ///< of a sum: the greatest

  tracker_stats& operator+=(const tracker_stats&) noexcept;
};

/// One member of tracker_stats, for whoever shows or adds all of them.
struct counter {
  enum class sum : std::uint8_t { total, greatest };
  enum class kind : std::uint8_t { total, now }; ///< only ever grows; or a level

  const char* name; ///< "frames_unknown": in JSON, and in metrics behind a prefix
  std::uint64_t tracker_stats::*member;
  kind what;
  const char* help;
  sum how = sum::total; ///< how those of several shards make one
};
/// A member that is an array by frame_kind.
struct frame_counter {
  const char* name;
  by_frame_kind tracker_stats::*member;
  const char* help;
};
std::span<const counter> counters() noexcept;
std::span<const frame_counter> frame_counters() noexcept;

/// Something that happened to a tracker, other than joins and leaves.
enum class tracker_event_kind : std::uint8_t {
  replica_up,       ///< `replica`: first heard of, or heard again
  replica_down,     ///< `replica`: silent for too long; its presences are hidden
  replica_permdown, ///< `replica`: gave up, said bye, or was superseded
  reborn,           ///< `replica`: our own new life, above one that others remember
  diverged,         ///< `replica`: our copy of it was wrong (the audit); it is pulled anew
  name_conflict,    ///< `replica`: two nodes keep taking this name from each other
  handler_failed,   ///< `text`: what handle_diff or handle_info threw; nothing is lost
  shard_restarted,  ///< `text`: why it had died
  tracker_failed,   ///< `code`, `text`: too_many_restarts; the tracker has ended
  no_room,          ///< `replica`, `text`: a limit keeps it, or some of it, out for now
  clock_ahead,      ///< `replica`, `text`: began more than a day ahead of another's clock
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
