#pragma once

#include <cstddef>

/// How many are in the room after so many have come.
std::size_t guests_after(std::size_t come);
