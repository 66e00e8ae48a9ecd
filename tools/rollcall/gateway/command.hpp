// `rollcall gateway`: a node that browsers connect to.
#pragma once

#include <string>
#include <vector>

namespace rollcall::tool {

/// The whole program; `args` is what stands after `rollcall gateway`.
int run_gateway(const std::vector<std::string>& args);

} // namespace rollcall::tool
