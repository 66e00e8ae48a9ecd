// State of a shard that survives its restart. Its presences are taken from the last
// published table (takeover.hpp).
#pragma once

#include "actors/lease_table.hpp"
#include "actors/subscription_table.hpp"
#include "base/instant.hpp"
#include "rollcall/stats.hpp"

#include <cstdint>
#include <optional>
#include <unordered_map>

namespace rollcall::actors {

struct shard_memory {
  /// Local actors with presences, by id. Weak: they are not kept alive.
  std::unordered_map<std::uint64_t, caf::actor_addr> tracked;
  lease_table leases;
  subscription_table subscriptions;
  std::optional<cluster::instant> drain_until; ///< set while the node drains
  tracker_stats before;                        ///< counters of earlier lives
};

} // namespace rollcall::actors
