// `rollcall phoenix`: a node that is also a member of a Phoenix.Tracker cluster.
#pragma once

#include <string>
#include <vector>

namespace rollcall::tool {

/// The program; `args`: the arguments after `rollcall phoenix`.
int run_phoenix(const std::vector<std::string>& args);

} // namespace rollcall::tool
