// One number for the clocks of all replicas that a shard holds up.
//
// Equal clocks mean equal state, so two shards whose digests are equal have nothing
// to tell each other. A heartbeat that carries a digest in place of all clocks costs
// O(1), and a cluster of n idle nodes O(n) a node in place of O(n^2).
//
// The digest is a sum modulo 2^64 over the replicas, so one that moves changes it in
// O(1). Two different lists of clocks have the same digest with a chance of 2^-64.
#pragma once

#include "cluster/wire/frame.hpp"

#include <cstdint>

namespace rollcall::cluster {

/// The summand of one replica.
std::uint64_t digest_of(const replica_id&, crdt::clock_value) noexcept;

/// A sum whose summands can be replaced one at a time.
class clock_digest {
public:
  /// `summand` is the replica's current one, 0 if it has none. Sets it to that of `clock`.
  void set(std::uint64_t& summand, const replica_id& who, crdt::clock_value clock) noexcept {
    replace(summand, digest_of(who, clock));
  }
  void remove(std::uint64_t& summand) noexcept { replace(summand, 0); }
  std::uint64_t value() const noexcept { return sum_; }

private:
  void replace(std::uint64_t& summand, std::uint64_t next) noexcept {
    sum_ += next - summand;
    summand = next;
  }
  std::uint64_t sum_ = 0;
};

} // namespace rollcall::cluster
