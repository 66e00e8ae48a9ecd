// What can go wrong, by name. Each kind of fault arranges its own share of a
// run: it makes the weather worse, or puts what happens into the script. To add
// one, write its function and its line in the table of faults.cpp.
#pragma once

#include "test/sim/world.hpp"

#include <string_view>
#include <vector>

namespace rollcall::sim {

struct fault {
  std::string_view name;
  std::string_view what; ///< for --help
  /// Between now and `span`. The random numbers are this fault's own.
  void (*arrange)(world&, random&, instant span);
};

const std::vector<fault>& all_faults();

/// "all", "none", or names with commas between. False and the name that is not
/// there in `unknown`.
bool parse_faults(std::string_view list, std::vector<const fault*>& out, std::string& unknown);

} // namespace rollcall::sim
