// `rollcall demo --web`: a cluster to look at in a browser, until Ctrl-C.
#pragma once

#include "tools/rollcall/demo/terminal.hpp"

namespace rollcall::tool::demo {

/// Runs three nodes and two gateways, and people that join and leave. A process that ends is
/// started again. Returns the exit code: 0 if it was stopped by a signal.
int run_web(terminal&);

} // namespace rollcall::tool::demo
