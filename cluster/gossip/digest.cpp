#include "cluster/gossip/digest.hpp"

#include "base/hash.hpp"
#include "base/varint.hpp"

namespace rollcall::cluster {

std::uint64_t digest_of(const replica_id& who, crdt::clock_value clock) noexcept {
  char numbers[24];
  auto* p = crdt::store_le64(numbers, clock);
  p = crdt::store_le64(p, who.inc.start_us);
  crdt::store_le64(p, who.inc.salt);
  return crdt::stable_hash(who.name, crdt::stable_hash({numbers, sizeof numbers}, 0));
}

} // namespace rollcall::cluster
