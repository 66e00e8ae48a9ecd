// What is explored: who does how much, and with which removal log.
#pragma once

#include "test/exhaustive/explorer.hpp"

#include <vector>

namespace rollcall::exhaustive {

/// What CI runs; `longer`: with more operations and pulls, too.
std::vector<setting> settings(bool longer);

} // namespace rollcall::exhaustive
