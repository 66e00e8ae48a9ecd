// Time of the pure machines, which is passed in and never read from a clock.
#pragma once

#include <chrono>

namespace rollcall::cluster {

/// Steady time since an arbitrary fixed moment.
using instant = std::chrono::milliseconds;

} // namespace rollcall::cluster
