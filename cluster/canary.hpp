// Bugs that can be built in on purpose.
//
// A check that was never seen to fail proves nothing. So each rule of the
// protocol can be switched off by name, in builds of the simulator that define
// ROLLCALL_CANARIES and nowhere else:
//
//     if (!canary("echo")) announce();   // in a shipped build: announce();
//
// Names: those of the rules, as the comments beside them give them.
#pragma once

#include <string_view>

namespace rollcall::cluster {

#ifdef ROLLCALL_CANARIES
/// The bug that is in, of this thread; none when empty.
inline thread_local std::string_view canary_alive;
inline bool canary(std::string_view name) noexcept { return canary_alive == name; }
#else
constexpr bool canary(std::string_view) noexcept { return false; }
#endif

} // namespace rollcall::cluster
