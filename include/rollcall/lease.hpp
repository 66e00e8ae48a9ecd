// A lease: a presence without an actor, which lasts while it is renewed.
//
//     auto l = tracker.track_lease("room:1", "sensor-7", {{"battery", 80}}, 30s);
//     tracker.renew(l->lease);                  // every 10 s, say
//     tracker.renew(many);                      // many in one message
//     tracker.update(l->lease, {{"battery", 79}});
//     tracker.untrack(l->lease);                // or it ends 30 s after the last renewal
//
// Use leases for clients without a connection that could be monitored: devices, HTTP
// clients, jobs.
//
// Values only: no CAF, no IO. Thread-safety: any thread.
#pragma once

#include "rollcall/presence.hpp"

#include <compare>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall {

/// Names one lease of this node. The holder of the value can renew, change and end the
/// presence: `token` is random, and no list shows it. The value is valid until the lease
/// ends, also after restarts of its shard, in this process only.
struct lease {
  std::uint32_t shard = 0;
  std::uint64_t number = 0; ///< `pid::actor` of the presence
  std::uint64_t token = 0;

  friend auto operator<=>(const lease&, const lease&) = default;
};

/// Numbers of leases begin here. CAF counts actors from 1 and would need centuries to
/// reach this number, so no lease has the number of an actor.
inline constexpr std::uint64_t first_lease_number = std::uint64_t{1} << 63;

/// Returns true if the presence belongs to a lease, not to an actor.
constexpr bool is_lease(std::uint64_t actor) noexcept { return actor >= first_lease_number; }
inline bool is_lease(const pid& x) noexcept { return is_lease(x.actor); }

/// "0-17-9f3a61c2b7d4e5f0": shard, number, token.
std::string to_string(const lease&);
/// Returns nothing if the text is not in that form.
std::optional<lease> parse_lease(std::string_view) noexcept;

} // namespace rollcall
