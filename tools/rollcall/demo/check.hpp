// The check at the end of the demo: compares the list of every node with the processes that are
// running.
#pragma once

#include "tools/rollcall/demo/stage.hpp"

namespace rollcall::tool::demo {

/// Asks every process for its status and every node for its list, prints the table, and returns
/// true if they agree.
bool check(stage&);

} // namespace rollcall::tool::demo
