#include "actors/resolve.hpp"

namespace rollcall::actors {

expected<caf::strong_actor_ptr> resolve_remote(pool&, const pid&, millis) {
  return make_error(errc::unreachable);
}

} // namespace rollcall::actors
