// The actor behind a subscription with callbacks.
#pragma once

#include "actors/callback_queue.hpp"
#include "actors/pool.hpp"
#include "rollcall/subscription.hpp"

#include <memory>

namespace rollcall::actors {

struct callback_worker {
  caf::actor actor; ///< null: the process can start no thread
  std::shared_ptr<callback_queue> queue;
};

/// The actor is a subscriber like another one. It hands what it is told to the
/// queue, and answers (which gives the credit back) when the callback has run. It
/// ends when the queue is closed: by `cancel`, because a callback threw, or by the
/// end of the tracker. Until then the pool holds it.
callback_worker spawn_callback_actor(const std::shared_ptr<pool>&, subscription_callbacks,
                                     event_callback);

/// Ends it once the callbacks have run for all that it has been told.
void finish_callbacks(const caf::actor&);

} // namespace rollcall::actors
