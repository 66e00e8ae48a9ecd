#include "actors/resolve.hpp"

#include "cluster/caf/messages.hpp"

namespace rollcall::actors {

expected<caf::strong_actor_ptr> resolve_remote(pool& where, const pid& who, millis timeout) {
  const auto endpoint = where.endpoint();
  if (!endpoint) return make_error(errc::unreachable);
  caf::scoped_actor self{where.system()};
  expected<caf::strong_actor_ptr> result{make_error(errc::timed_out)};
  compat::request(self, endpoint, timeout, cluster::resolve_remote{where.name(), who})
      .receive([&](const cluster::resolved& x) { result = x.handle; },
               [&](caf::error& e) { result = std::move(e); });
  return result;
}

} // namespace rollcall::actors
