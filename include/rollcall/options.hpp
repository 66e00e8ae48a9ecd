// The options of a tracker and its limits, with defaults and rules. Limits of links stand
// in cluster.hpp (link_limits).
#pragma once

#include "rollcall/errc.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace rollcall {

using millis = std::chrono::milliseconds;

/// The limits of the queues, logs, frames and tables of a tracker.
struct limits {
  // -- what one presence may hold
  std::size_t max_topic_bytes = 1024;
  std::size_t max_key_bytes = 1024;
  std::size_t max_meta_bytes = 64 * 1024; ///< encoded
  std::size_t max_meta_depth = 32;
  // -- how many, for each shard
  std::size_t max_presences = 64'000'000; ///< in all slices together
  std::size_t max_presences_per_actor = 1'000'000;
  std::size_t max_presences_per_topic = 16'000'000;
  std::size_t max_leases = 1'000'000;
  /// In the slice of one replica, so that one node cannot use up `max_presences`: a
  /// track beyond it returns limit_reached; of other replicas no more is merged.
  std::size_t max_presences_per_replica = 4'000'000;
  std::size_t max_bytes_per_replica = 512 * 1024 * 1024; ///< keys and metas, and 64 for each
  std::size_t max_replicas = 4096; ///< peers of one shard; past it the longest down is dropped
  std::size_t max_ended = 4096;    ///< final lives that are remembered
  // -- the protocol
  std::size_t max_frame_bytes = 256 * 1024; ///< a frame is cut here; one presence always fits
  std::size_t max_frame_presences = 4096;
  std::size_t max_removal_log = 65'536; ///< leaves that the owner can still tell apart
  std::size_t max_beyond = 4096;        ///< intervals known past a gap, per slice
  /// Bytes sent to one peer and not acknowledged. The shards of a tracker divide it
  /// evenly; the part of a shard is at least 64 KiB, or all of it if that is less.
  std::size_t max_outstanding_bytes = 8 * 1024 * 1024;
  std::size_t batch = 2048; ///< presences handled in one piece of long work
  // -- messages to a topic
  std::size_t max_dispatch_bytes = 1024 * 1024;        ///< of one message, encoded
  std::size_t max_dispatch_backlog = 16 * 1024 * 1024; ///< per peer, sent but not delivered
  // -- the journal of each shard, for `why`
  std::size_t max_journal_entries = 65'536; ///< 0: no journal
  std::size_t max_journal_bytes = 8 * 1024 * 1024;
  std::size_t max_journal_file_bytes = 64 * 1024 * 1024;
  std::size_t max_journal_backlog = 4 * 1024 * 1024; ///< waiting for the disk; more is not written
  // -- subscriptions
  std::size_t max_subscriptions = 65'536;                ///< per shard
  std::size_t subscriber_credit = 1024;                  ///< unanswered diffs before a resync
  std::size_t subscriber_credit_bytes = 8 * 1024 * 1024; ///< and their bytes in memory
};

/// Longest name of a node, a cluster or a tracker.
inline constexpr std::size_t max_name_bytes = 256;

/// Bounds of the time that a lease lasts without being renewed.
inline constexpr millis min_lease_ttl{100};
inline constexpr millis max_lease_ttl{std::chrono::hours{24 * 31}};

/// Options of a tracker. Options that Phoenix.Tracker has, too, have its names and its
/// meaning. All nodes of a cluster must use the same `pool_size` for a tracker, and should
/// use the same periods.
struct tracker_options {
  std::string name = "tracker"; ///< same on every node; shards are `<name>_shard<i>`
  std::size_t pool_size = 1;    ///< 1 to 4096
  millis broadcast_period{1500};
  std::size_t max_silent_periods = 10;
  std::optional<millis> down_period{}; ///< default: broadcast_period * max_silent_periods * 2
  millis permdown_period{1'200'000};
  std::size_t clock_sample_periods = 2;
  /// The first change after a quiet time is sent at once; changes that follow within
  /// this time are sent together. 0: each is sent at once.
  millis flush_interval{25};
  /// A shard with many peers gathers changes for longer, so that it sends at most about
  /// this many frames a second: for peers / this, if that is longer than flush_interval.
  std::size_t max_frames_per_second = 1000;
  /// A node is down if its link is lost and not back within this time. nullopt: it is
  /// down after `down_period` only, like a node that is silent while its link is up.
  std::optional<millis> link_grace{3000};
  bool permdown_on_shutdown = false;
  /// Every change that readers see is also written to this file, for
  /// `rollcall why --journal FILE`. Empty: no file. A file larger than
  /// `limits::max_journal_file_bytes` is renamed to FILE.1, which replaces the one before.
  std::string journal_file{};
  rollcall::limits limits{};

  millis effective_down_period() const noexcept;
};

/// Says what is wrong with options or other input, and what to do about it.
struct problem {
  errc code = errc::none;
  std::string message;
  explicit operator bool() const noexcept { return code != errc::none; }
};

/// "down_period must be at least twice as large as the broadcast_period"
[[nodiscard]] problem validate_down_period(millis down_period, millis broadcast_period);
/// "permdown_period must be at least larger than the down_period"
[[nodiscard]] problem validate_permdown_period(millis permdown_period, millis down_period);
/// Checks all rules, including the two above. Returns the first one that is broken.
[[nodiscard]] problem validate(const tracker_options&);

} // namespace rollcall
