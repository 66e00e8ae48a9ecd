// What names stand for, as far as it has been looked up, and when to ask again.
//
// A host name stands for any number of addresses, and for others tomorrow. So
// nothing is dialed by name: names are looked up, and each of their addresses
// is tried by itself. The names of seeds are looked up again for ever; those
// that peers advertise, while the peer has no link.
#pragma once

#include "base/instant.hpp"
#include "cluster/mesh/address.hpp"
#include "cluster/mesh/backoff.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace rollcall::cluster::mesh {

/// At most so many addresses of one name are used: what more a name server says
/// is ignored until it says something else.
inline constexpr std::size_t max_addresses_of_name = 256;

struct name_entry {
  bool seed = false;       ///< configured: never forgotten
  bool hearsay = false;    ///< the look-up under way counts against the small quota
  std::uint64_t asked = 0; ///< number of the look-up under way, answered in time or not
  bool late = false;       ///< that one has been given up
  instant asked_at{0};     ///< when it began
  instant ask_at{0};       ///< not before this
  bool answered = false;   ///< at least once
  std::vector<cluster::address> addresses; ///< numeric, of the last answer that had any
  std::string reason;                      ///< why the last look-up brought nothing
  backoff wait{{millis{1000}, millis{15'000}}};
};

/// Names and numeric addresses alike, each with its port.
using name_table = std::map<cluster::address, name_entry>;

/// Sorts out what a look-up has brought: each address once, the families in
/// turns, so that one family that is not routed does not hold up the other
/// (RFC 8305, section 4); at most `max_addresses_of_name`.
std::vector<cluster::address> in_dialing_order(std::vector<cluster::address>);

} // namespace rollcall::cluster::mesh
