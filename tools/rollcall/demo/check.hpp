// The check at the end of the demo: what every node lists, against the
// processes that are really there.
#pragma once

#include "tools/rollcall/demo/stage.hpp"

namespace rollcall::tool::demo {

/// Asks every process for its status and every node for its list, prints the
/// table, and tells whether they agree.
bool check(stage&);

} // namespace rollcall::tool::demo
