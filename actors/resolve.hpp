// The handle of an actor that another node tracks, on demand.
#pragma once

#include "actors/pool.hpp"

namespace rollcall::actors {

/// Asks the node itself, through its endpoint. Blocks. nopresence when it does
/// not track that actor (any more), unreachable without a link to it.
expected<caf::strong_actor_ptr> resolve_remote(pool&, const pid&, millis timeout);

} // namespace rollcall::actors
