// The descriptors that a program is given: 0 to 2, and how many more.
//
// Call these first of all, before a thread or a library opens anything.
#pragma once

#include <string>

namespace rollcall::tool {

/// Opens /dev/null where 0, 1 or 2 is closed: else what is opened next gets that
/// number, and is written to as if it were stdout.
void open_standard_descriptors() noexcept;

/// Whether this process may open as many as a node needs; else what to do.
std::string too_few_descriptors();

/// Returns another number for stdout, and makes number 1 mean stderr: what
/// libraries print does not get into the lines of ours. -1: none is left.
int take_stdout() noexcept;

} // namespace rollcall::tool
