// `rollcall gateway`: a node that browsers connect to.
#pragma once

#include <string>
#include <vector>

namespace rollcall::tool {

/// The program; `args`: the arguments after `rollcall gateway`.
int run_gateway(const std::vector<std::string>& args);

} // namespace rollcall::tool
