// The steps of the demo.
#pragma once

#include "tools/rollcall/demo/stage.hpp"

namespace rollcall::tool::demo {

/// Runs the demo. Each step waits for its effect, so it works on slow machines; `pace` scales the
/// time to look at it. Returns false if it was stopped, or a step failed (see `trouble` of the
/// stage).
bool play(stage&, double pace);

} // namespace rollcall::tool::demo
