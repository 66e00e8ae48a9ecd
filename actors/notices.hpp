// Sends notices to operators. See rollcall/notices.hpp.
#pragma once

#include "rollcall/notices.hpp"

namespace rollcall::actors {

/// Does not block. If CAF's log is the sink, call it inside an actor.
void notify(notice);

} // namespace rollcall::actors
