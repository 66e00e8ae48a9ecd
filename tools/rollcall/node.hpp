// `rollcall node`: one node, driven by JSON Lines on stdin and stdout.
#pragma once

#include "tools/rollcall/options.hpp"

#include <string>
#include <vector>

namespace rollcall::tool {

/// The whole program; `args` is what stands after `rollcall node`.
int run_node(const std::vector<std::string>& args);

} // namespace rollcall::tool
