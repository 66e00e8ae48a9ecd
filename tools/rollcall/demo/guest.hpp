// A person of the demo: a small process.
//
// It has a status, which each line of its stdin replaces, and prints it to stdout; an empty line
// only asks for it. It ends with its stdin.
#pragma once

namespace rollcall::tool::demo {

/// The program of `rollcall guest STATUS`.
int run_guest(const char* status);

} // namespace rollcall::tool::demo
