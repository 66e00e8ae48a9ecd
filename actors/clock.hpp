// Clocks and random numbers, which shells pass to the pure machines.
#pragma once

#include "base/instant.hpp"
#include "rollcall/presence.hpp"

#include <cstdint>

namespace rollcall::actors {

/// The steady clock, for `gossip::step`.
cluster::instant steady_now() noexcept;
/// The wall clock in µs since 1970; 1 if it is set before 1970.
std::uint64_t wall_now_us() noexcept;

/// Returns the incarnation of a life that starts now: the wall clock in µs, and random bits.
/// Within this process each one is greater than the one before, whatever the wall clock
/// does.
incarnation next_incarnation();

/// Returns unpredictable bits from the system's source of randomness.
std::uint64_t random_bits();

/// Returns a number from [0, below); 0 if `below` is 0.
std::uint64_t random_below(std::uint64_t below);

} // namespace rollcall::actors
