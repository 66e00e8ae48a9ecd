// The differences between CAF 0.17 and CAF 1.x. All other code is written against the
// names of these headers: interfaces as `result<Out>(In)`, one struct per message, no
// atoms, `inspect` by field name, `send`, `delayed_send`, `request`, `monitor` with a
// callback.
//
//     struct ping { std::uint32_t n = 0; };
//     template <class Inspector> auto inspect(Inspector& f, ping& x) {
//       return compat::fields(f, "ping", x, compat::field("n", x.n));
//     }
//     using ping_actor = compat::typed_actor<caf::result<pong>(ping)>;
//
// Installed because messages.hpp and error.hpp need parts of it; not an interface for
// users.
#pragma once

#include "rollcall/detail/caf_actors.hpp"
#include "rollcall/detail/caf_config.hpp"
#include "rollcall/detail/caf_types.hpp"
