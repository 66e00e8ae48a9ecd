// The actor that receives the messages of a subscription with callbacks.
#pragma once

#include "actors/callback_queue.hpp"
#include "actors/pool.hpp"
#include "rollcall/subscription.hpp"

#include <memory>

namespace rollcall::actors {

struct callback_worker {
  caf::actor actor; ///< null if the process can start no thread
  std::shared_ptr<callback_queue> queue;
};

/// The actor is a normal subscriber. It passes its messages to the queue, and responds
/// (which returns the credit) when the callback has run. It ends when the queue is closed:
/// by `cancel`, by an exception of a callback, or by the end of the tracker. Until then
/// the pool keeps it alive.
callback_worker spawn_callback_actor(const std::shared_ptr<pool>&, subscription_callbacks,
                                     event_callback);

/// Ends the actor after the callbacks for all its messages have run.
void finish_callbacks(const caf::actor&);

} // namespace rollcall::actors
