// Where the shells say what an operator should know. See rollcall/notices.hpp.
#pragma once

#include "rollcall/notices.hpp"

namespace rollcall::actors {

/// Never blocks. Inside an actor, for CAF's log.
void notify(notice);

} // namespace rollcall::actors
