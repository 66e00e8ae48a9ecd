// `rollcall demo`: three nodes, some people, and some failures.
#pragma once

#include <string>
#include <vector>

namespace rollcall::tool::demo {

/// The program; `args`: the arguments after `rollcall demo`. Exit code 0 if all nodes agree with
/// the running processes at the end, else 1.
int run_demo(const std::vector<std::string>& args);

} // namespace rollcall::tool::demo
