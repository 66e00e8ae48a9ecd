// A person of the demo: a real process, and a very small one.
//
// It holds a status, takes a new one from each line of its stdin, and says it
// on stdout; an empty line only asks. It ends when its stdin does.
#pragma once

namespace rollcall::tool::demo {

/// The whole program of `rollcall guest STATUS`.
int run_guest(const char* status);

} // namespace rollcall::tool::demo
