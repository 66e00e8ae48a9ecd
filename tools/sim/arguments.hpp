// The command line of rollcall_sim.
#pragma once

#include "test/sim/run.hpp"
#include "test/sim/stories.hpp"
#include "tools/sim/canary_table.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace rollcall::sim {

struct arguments {
  std::uint64_t from = 1;
  std::uint64_t seeds = 1000;
  bool single = false; ///< --seed
  bool verbose = false;
  bool canaries = false;              ///< the table of all
  const canary_row* canary = nullptr; ///< the bug that is in
  const story* tale = nullptr;        ///< --story: instead of seeds
  sim::mix mix;
  std::string mix_text; ///< the options that made the mix, to replay a seed with
};

struct parsed {
  std::optional<arguments> args;
  std::string help;  ///< --help was asked for
  std::string error; ///< one line that says what to do
};

parsed parse(int argc, const char* const* argv);

} // namespace rollcall::sim
