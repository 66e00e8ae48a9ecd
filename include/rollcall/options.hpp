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
  /// In the slice of one replica, so that no node takes the room of all others:
  /// the own one answers limit_reached, of another's no more is taken.
  std::size_t max_presences_per_replica = 4'000'000;
  std::size_t max_bytes_per_replica = 512 * 1024 * 1024; ///< keys and metas, and 64 for each
  std::size_t max_replicas = 1024; ///< peers of one shard; past it the longest down is dropped
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
  std::size_t max_subscriptions = 65'536;                ///< per shard
  std::size_t subscriber_credit = 1024;                  ///< diffs under way before a resync
  std::size_t subscriber_credit_bytes = 8 * 1024 * 1024; ///< and their bytes, as in memory
};

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
  millis flush_interval{25}; ///< 0: at once
  /// A node whose link is lost and not back by then is down. nullopt: it is down
  /// after `down_period` only, like one that is silent while its link stands.
  std::optional<millis> link_grace{3000};
  bool permdown_on_shutdown = false;
  std::string log_level = "debug";
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
