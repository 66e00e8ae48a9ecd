// The bugs that can be built in, by name.
#pragma once

#include "base/canary.hpp"

#include <span>
#include <string_view>

namespace rollcall::sim {

struct canary_row {
  std::string_view name;
  bug what;               ///< none: `wall_time`
  bool wall_time = false; ///< machines are given the wall clock for the steady one
  std::string_view text;  ///< what is wrong when it is in
};

/// Whether this program was built with them.
#ifdef ROLLCALL_CANARIES
constexpr bool canaries_alive = true;
#else
constexpr bool canaries_alive = false;
#endif

std::span<const canary_row> all_canaries();
const canary_row* find_canary(std::string_view name);

} // namespace rollcall::sim
