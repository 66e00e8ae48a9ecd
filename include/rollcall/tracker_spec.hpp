// All that is needed to start a tracker, as one value; Phoenix's `child_spec/1`. The
// restart of a shard uses the same value.
//
//     auto spec = rollcall::tracker_spec{rollcall::make_handler<lobby>(), {.name = "lobby"}};
//     auto tracker = rollcall::start_tracker(system, spec);
#pragma once

#include "rollcall/options.hpp"
#include "rollcall/tracker_handler.hpp"

#include <string>

namespace rollcall {

struct tracker_spec {
  handler_factory handler{}; ///< empty: none
  tracker_options options{}; ///< with the name
};

} // namespace rollcall
