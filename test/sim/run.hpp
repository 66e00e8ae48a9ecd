// Random runs: a cluster, operations and faults, all drawn from one seed; then
// all faults end, and everybody must agree, and stay so, and hold nothing of
// the dead.
#pragma once

#include "test/sim/faults.hpp"
#include "test/sim/script.hpp"
#include "test/sim/world.hpp"

#include <cstdint>
#include <iosfwd>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::sim {

/// What to draw from; what is not set here is drawn too.
struct mix {
  /// Of each of these there is some in every run; but of all of them, a few.
  std::vector<const fault*> faults;
  std::optional<int> nodes;
  std::optional<int> shards;
  std::optional<int> ops;
  bool wall_time = false; ///< see settings
};

struct outcome {
  std::string what;   ///< why it failed; empty: passed
  double periods = 0; ///< broadcast periods from the end of all faults to agreement
  double allowed = 0; ///< the beat in periods + 2
  std::uint64_t digest = 0;
  world::counts count;
  std::string contents; ///< what there was at the end, whoever came first
  bool passed() const noexcept { return what.empty(); }
  /// "S4"; empty: passed.
  std::string invariant() const { return std::string{invariant_of(what)}; }
};

script drawn(std::uint64_t seed, const mix&);
outcome play(const script&, std::ostream* story = nullptr);
/// The same script in other weather: then S8 wants the same contents.
outcome play_in_other_order(const script&, const outcome& first, std::ostream* story = nullptr);

/// Draws and plays; one seed in sixteen twice, for S8.
outcome run(std::uint64_t seed, const mix&, std::ostream* story = nullptr);

} // namespace rollcall::sim
