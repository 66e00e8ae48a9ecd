// All that it takes to start a tracker, as one value: what the original's
// `child_spec/1` is. A restart of a shard uses the same again.
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
  tracker_options options{}; ///< the name stands here
};

} // namespace rollcall
