// `rollcall demo`: three nodes, some people, and what can go wrong.
#pragma once

#include <string>
#include <vector>

namespace rollcall::tool::demo {

/// The whole program; `args` is what stands after `rollcall demo`. Exit code 0
/// if all nodes agree with the processes that are there in the end, 1 if not.
int run_demo(const std::vector<std::string>& args);

} // namespace rollcall::tool::demo
