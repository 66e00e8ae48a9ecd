// `rollcall demo --web`: a cluster to look at in a browser, until Ctrl-C.
#pragma once

#include "tools/rollcall/demo/terminal.hpp"

namespace rollcall::tool::demo {

/// Three nodes and two gateways, and people who come and go. A process that
/// ends, or is killed, is started again. Returns the exit code: 0 when it was
/// stopped by a signal.
int run_web(terminal&);

} // namespace rollcall::tool::demo
