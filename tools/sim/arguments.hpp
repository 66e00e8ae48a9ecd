// The command line of rollcall_sim.
#pragma once

#include "test/sim/run.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace rollcall::sim {

struct arguments {
  std::uint64_t from = 1;
  std::uint64_t seeds = 1000;
  bool single = false; ///< --seed
  bool verbose = false;
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
