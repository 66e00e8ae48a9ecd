// Host names, their addresses as of the last look-up, and when to look them up again.
//
// A host name may have many addresses, and they may change. So names are not dialed: they
// are looked up, and each address is dialed by itself. Names of seeds are looked up for
// ever; names that peers advertise, while the peer has no link.
#pragma once

#include "base/instant.hpp"
#include "cluster/mesh/address.hpp"
#include "cluster/mesh/backoff.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace rollcall::cluster::mesh {

/// Limit of the addresses used for one name; further ones are ignored.
inline constexpr std::size_t max_addresses_of_name = 256;

struct name_entry {
  bool seed = false;       ///< configured: never forgotten
  bool hearsay = false;    ///< the look-up in progress counts against the quota of class hearsay
  std::uint64_t asked = 0; ///< number of the look-up in progress; 0: none
  bool late = false;       ///< the look-up in progress exceeded its timeout
  instant asked_at{0};     ///< when it began
  instant ask_at{0};       ///< the next look-up begins no earlier
  bool answered = false;   ///< at least once
  std::vector<cluster::address> addresses; ///< numeric, of the last answer with addresses
  std::string reason;                      ///< why the last look-up failed
  backoff wait{{millis{1000}, millis{15'000}}};
};

/// By name or numeric address, with the port.
using name_table = std::map<cluster::address, name_entry>;

/// Returns each address once, at most `max_addresses_of_name`, with the address families
/// alternating, so that a family without a route does not delay the other (RFC 8305,
/// section 4).
std::vector<cluster::address> in_dialing_order(std::vector<cluster::address>);

} // namespace rollcall::cluster::mesh
