// What can go wrong, by name. Each kind of fault arranges its own share of a
// script: it makes the weather worse, or adds deeds. To add one, write its
// function and its line in the table of faults.cpp.
#pragma once

#include "test/sim/random.hpp"
#include "test/sim/script.hpp"

#include <string>
#include <string_view>
#include <vector>

namespace rollcall::sim {

struct fault {
  std::string_view name;
  std::string_view what; ///< for --help
  /// The random numbers are this fault's own.
  void (*arrange)(script&, random&);
};

const std::vector<fault>& all_faults();

/// "all", "none", or names with commas between. False and the name that is not
/// there in `unknown`.
bool parse_faults(std::string_view list, std::vector<const fault*>& out, std::string& unknown);

} // namespace rollcall::sim
