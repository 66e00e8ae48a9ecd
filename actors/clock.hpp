// Time and chance, as the shells give them to the pure machines.
#pragma once

#include "base/instant.hpp"
#include "rollcall/presence.hpp"

#include <cstdint>

namespace rollcall::actors {

/// Steady; for `gossip::step`.
cluster::instant steady_now() noexcept;
/// The wall clock, in µs; 1 if it stands before 1970.
std::uint64_t wall_now_us() noexcept;

/// For a life that starts now: the wall clock in µs, and random bits. Within
/// this process each is greater than the one before, whatever the wall clock
/// does.
incarnation next_incarnation();

/// From the system's source of randomness, which nobody can guess.
std::uint64_t random_bits();

/// Evenly from [0, below); 0 for 0.
std::uint64_t random_below(std::uint64_t below);

} // namespace rollcall::actors
