// The actor behind a subscription with callbacks.
#pragma once

#include "actors/pool.hpp"
#include "rollcall/subscription.hpp"

#include <memory>

namespace rollcall::actors {

/// Has a thread of its own, since callbacks may block. Lives until it is
/// cancelled, a callback throws, or the tracker ends; the pool holds it.
caf::actor spawn_callback_actor(const std::shared_ptr<pool>&, subscription_callbacks,
                                event_callback);

} // namespace rollcall::actors
