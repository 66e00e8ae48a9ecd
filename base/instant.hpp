// Time, as the pure machines see it: passed in, never read.
#pragma once

#include <chrono>

namespace rollcall::cluster {

/// Steady time since any fixed moment.
using instant = std::chrono::milliseconds;

} // namespace rollcall::cluster
