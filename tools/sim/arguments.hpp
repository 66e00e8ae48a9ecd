// The command line of rollcall_sim.
#pragma once

#include "test/sim/run.hpp"
#include "test/sim/stories.hpp"
#include "tools/sim/canary_table.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::sim {

struct arguments {
  std::uint64_t from = 1;
  std::uint64_t seeds = 1000;
  std::vector<std::uint64_t> only; ///< --seed, any number of times: instead of these
  bool verbose = false;
  bool shrink = false; ///< the first that fails; told otherwise, only of `seeds`
  unsigned threads = 2;
  bool canaries = false;              ///< the table of all
  std::size_t scale = 0;              ///< --scale: so many nodes, instead of seeds
  std::size_t mesh_scale = 0;         ///< --mesh-scale: the same of the mesh
  const canary_row* canary = nullptr; ///< the bug that is in
  const story* tale = nullptr;        ///< --story: instead of seeds
  sim::mix mix;
  std::string mix_text; ///< the options that made the mix, to replay a seed with
};

/// The seed of run i, and how many runs.
inline std::uint64_t seed_at(const arguments& a, std::uint64_t i) {
  return a.only.empty() ? a.from + i : a.only[static_cast<std::size_t>(i)];
}
inline std::uint64_t count_of(const arguments& a) {
  return a.only.empty() ? a.seeds : a.only.size();
}

struct parsed {
  std::optional<arguments> args;
  std::string help;  ///< --help was asked for
  std::string error; ///< one line that says what to do
};

parsed parse(int argc, const char* const* argv);

} // namespace rollcall::sim
