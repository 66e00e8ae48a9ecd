// What a shard remembers when it dies and comes back. Its presences it finds in
// what its predecessor had published.
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
  /// Local actors that have presences here, by id. Weak: none is kept alive.
  std::unordered_map<std::uint64_t, caf::actor_addr> tracked;
  lease_table leases;
  subscription_table subscriptions;
  std::optional<cluster::instant> drain_until; ///< the node is going
  tracker_stats before;                        ///< counters of the lives before this one
};

} // namespace rollcall::actors
