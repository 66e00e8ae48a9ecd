// The options of a tracker, their defaults and rules; and every limit.
#pragma once

#include "rollcall/errc.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>

namespace rollcall {

using millis = std::chrono::milliseconds;

/// Every queue, log, frame and table has a limit, and it stands here.
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
  /// In the slice of one replica, so that no node takes the room of all others:
  /// the own one answers limit_reached, of another's no more is taken.
  std::size_t max_presences_per_replica = 4'000'000;
  std::size_t max_bytes_per_replica = 512 * 1024 * 1024; ///< keys and metas, and 64 for each
  std::size_t max_replicas = 4096; ///< peers of one shard; past it the longest down is dropped
  std::size_t max_ended = 4096;    ///< final lives remembered
  // -- the protocol
  std::size_t max_frame_bytes = 256 * 1024; ///< soft: cut here; one presence always fits
  std::size_t max_frame_presences = 4096;
  std::size_t max_removal_log = 65'536; ///< leaves the owner can still tell apart
  std::size_t max_beyond = 4096;        ///< intervals known past a gap, per slice
  /// Per peer, sent and not acknowledged. All shards of a tracker share it: each
  /// has its part, but never less than 64 KiB (or all of it).
  std::size_t max_outstanding_bytes = 8 * 1024 * 1024;
  std::size_t batch = 2048; ///< presences handled in one piece of long work
  // -- subscriptions
  // -- messages to a topic
  std::size_t max_dispatch_bytes = 1024 * 1024;        ///< of one message, encoded
  std::size_t max_dispatch_backlog = 16 * 1024 * 1024; ///< per peer, sent and not handed on there
  // -- the journal of each shard, for `why`
  std::size_t max_journal_entries = 65'536; ///< 0: no journal
  std::size_t max_journal_bytes = 8 * 1024 * 1024;
  std::size_t max_journal_file_bytes = 64 * 1024 * 1024;
  std::size_t max_journal_backlog = 4 * 1024 * 1024; ///< waiting for the disk; more is not written
  std::size_t max_subscriptions = 65'536;            ///< per shard
  std::size_t subscriber_credit = 1024;              ///< diffs under way before a resync
  std::size_t subscriber_credit_bytes = 8 * 1024 * 1024; ///< and their bytes, as in memory
};

/// How long a lease may last without being renewed.
inline constexpr millis min_lease_ttl{100};
inline constexpr millis max_lease_ttl{std::chrono::hours{24 * 31}};

/// Options of a tracker. Names and meaning are Phoenix.Tracker's where it has
/// them. All shards of one tracker on all nodes should agree on the periods,
/// and must agree on `pool_size`.
struct tracker_options {
  std::string name = "tracker"; ///< same on every node; shards are `<name>_shard<i>`
  std::size_t pool_size = 1;    ///< 1 to 4096
  millis broadcast_period{1500};
  std::size_t max_silent_periods = 10;
  std::optional<millis> down_period{}; ///< default: broadcast_period * max_silent_periods * 2
  millis permdown_period{1'200'000};
  std::size_t clock_sample_periods = 2;
  /// The first change after a quiet time goes out at once; what follows within
  /// this time is gathered. 0: each at once.
  millis flush_interval{25};
  /// A shard with many peers gathers longer, so that it sends at most about this
  /// many frames a second: n peers / this, where that is more than flush_interval.
  std::size_t max_frames_per_second = 1000;
  /// A node whose link is lost and not back by then is down. nullopt: it is down
  /// after `down_period` only, like one that is silent while its link stands.
  std::optional<millis> link_grace{3000};
  bool permdown_on_shutdown = false;
  std::string log_level = "debug";
  /// What became visible or ceased to be is written there too, for
  /// `rollcall why --journal FILE`. Empty: nowhere. When it is larger than
  /// `limits::max_journal_file_bytes` it becomes FILE.1, in place of the one before.
  std::string journal_file{};
  rollcall::limits limits{};

  millis effective_down_period() const noexcept;
};

/// What is wrong with options or other input, and what to do about it.
struct problem {
  errc code = errc::none;
  std::string message;
  explicit operator bool() const noexcept { return code != errc::none; }
};

/// "down_period must be at least twice as large as the broadcast_period"
problem validate_down_period(millis down_period, millis broadcast_period);
/// "permdown_period must be at least larger than the down_period"
problem validate_permdown_period(millis permdown_period, millis down_period);
/// All rules, the two above among them; the first that is broken.
problem validate(const tracker_options&);

} // namespace rollcall
