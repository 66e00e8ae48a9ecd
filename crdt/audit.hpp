// The audit: a sum of hashes over the live presences of a slice.
//
// Equal clocks mean equal state; equal sums at equal clocks show that it is so. The
// owner announces its sum beside its clock, and a copy at that very clock compares.
// A bug, bad memory or an incompatible version thus shows within one beat.
//
// Addition modulo 2^64 commutes and has inverses, so a join adds and a leave
// subtracts in O(1). A sum kept that way does not see a presence whose bytes change
// in memory, so `store::scrub` takes the sums anew, some presences at a time.
//
// It finds errors; it is no defence against a forger.
#pragma once

#include "crdt/delta.hpp"

#include <cstdint>

namespace rollcall::crdt {

/// Over dot, topic, key, actor, meta and refs. The same on every node.
std::uint64_t audit_hash(const birth&) noexcept;

} // namespace rollcall::crdt
