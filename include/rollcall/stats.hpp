// What a tracker tells about itself: replicas, counters, events.
//
// Values only: no CAF, no IO.
#pragma once

#include "rollcall/errc.hpp"
#include "rollcall/presence.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <string>

namespace rollcall {

/// A replica as one shard sees it.
struct replica_state {
  replica_id id;
  std::uint32_t shard = 0;
  bool up = true;
  std::uint64_t clock = 0; ///< all that it did up to here is known
};

/// Counters of one shard since its tracker was started, restarts included; of
/// a tracker: the sums. The arrays go by kind of frame: 1 heartbeat, 2 pull,
/// 3 state, 4 bye; [0] counts what was refused.
struct tracker_stats {
  std::array<std::uint64_t, 5> frames_in{}, frames_out{}, bytes_in{}, bytes_out{};
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

/// Something that happened to a tracker, other than joins and leaves.
enum class tracker_event_kind : std::uint8_t {
  replica_up,       ///< `replica`: first heard of, or heard again
  replica_down,     ///< `replica`: silent for too long; its presences are hidden
  replica_permdown, ///< `replica`: gave up, said bye, or was superseded
  reborn,           ///< `replica`: our own new life, above one that others remember
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
