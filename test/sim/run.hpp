// Random runs: a cluster, operations and faults, all drawn from one seed; then
// all faults end, and everybody must agree, and stay so, and hold nothing of
// the dead.
#pragma once

#include "test/sim/faults.hpp"
#include "test/sim/world.hpp"

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::sim {

/// What to draw from; what is not set here is drawn too.
struct mix {
  std::vector<const fault*> faults;
  std::optional<int> nodes;
  std::optional<int> ops;
  bool wall_time = false; ///< see settings
};

struct outcome {
  std::string what;   ///< why it failed; empty: passed
  double periods = 0; ///< broadcast periods from the end of all faults to agreement
  double allowed = 0; ///< the beat in periods + 2
  std::uint64_t digest = 0;
  world::counts count;
  bool passed() const noexcept { return what.empty(); }
};

outcome run(std::uint64_t seed, const mix&, std::ostream* story = nullptr);

} // namespace rollcall::sim
