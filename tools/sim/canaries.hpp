// rollcall_sim --canaries: is each of the bugs that can be built in caught?
#pragma once

#include "tools/sim/arguments.hpp"

namespace rollcall::sim {

/// While it lives that bug is in, on this thread; null: none.
class with_canary {
public:
  explicit with_canary(const canary_row*) noexcept;
  ~with_canary();
  with_canary(const with_canary&) = delete;
  with_canary& operator=(const with_canary&) = delete;
};

/// Runs seeds with each bug until a check fails, and its story; and the same
/// without it, which must pass. Prints a row each. Returns the exit code.
int show_canaries(const arguments&);

} // namespace rollcall::sim
