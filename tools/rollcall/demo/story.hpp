// What happens in the demo, step by step.
#pragma once

#include "tools/rollcall/demo/stage.hpp"

namespace rollcall::tool::demo {

/// Plays it. Each step waits for what it should bring about, so a slow machine
/// plays the same story, only later; `pace` stretches the time to look at it.
/// False: stopped, or a step did not bring about what it should (`trouble` of
/// the stage says what).
bool play(stage&, double pace);

} // namespace rollcall::tool::demo
