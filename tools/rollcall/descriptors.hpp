// Checks the descriptors of the program: 0 to 2, and the limit of their number.
//
// Call these functions first, before a thread or a library opens a descriptor.
#pragma once

#include <string>

namespace rollcall::tool {

/// Opens /dev/null for each of 0, 1 and 2 that is closed. Otherwise the next opened file would get
/// that number and receive the output of the program.
void open_standard_descriptors() noexcept;

/// Returns nothing if the process may open enough descriptors for a node; else what to do.
std::string too_few_descriptors();

/// Returns a duplicate of stdout, and makes 1 refer to stderr, so that output of libraries does not
/// mix with our lines. Returns -1 if there is no free descriptor.
int take_stdout() noexcept;

} // namespace rollcall::tool
