// The command line of rollcall_faults.
#pragma once

#include "tools/faults/schedule.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::faults {

struct arguments {
  std::uint64_t seed = 1;
  std::uint64_t from_cycle = 0;
  std::uint64_t cycles = 20;
  milliseconds duration{0}; ///< not 0: as many cycles as go into it
  milliseconds soak{0};     ///< the same, with half of the nodes never killed, and their memory
  std::uint64_t stalls = 0; ///< not 0: only stalls of 0.8 * down period, so many
  int nodes = 8;
  int spared = 0;
  int next_nodes = 0;
  double rate = 100;
  bool with_namespaces = false;
  bool tls = false;
  bool verbose = false;
  std::vector<fault_kind> kinds; ///< asked for
  faults::periods periods;
  milliseconds patience{60'000};
  std::string program, next_program, plot, keep;
  std::string replay; ///< the options that make the schedule, without seed and cycles
};

struct parsed {
  std::optional<arguments> args;
  std::string help;
  std::string error;
};
parsed parse(int argc, const char* const* argv);

} // namespace rollcall::faults
