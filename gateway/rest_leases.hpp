// Presences of clients without a socket: each is a lease of the tracker, which ends unless it
// is renewed by HTTP. The name of the lease is sufficient to renew it; the gateway stores
// nothing.
//
// Thread-safety: gateway's thread only.
#pragma once

#include "gateway/rest.hpp"

#include <string>

namespace rollcall::gateway {

/// `POST /api/topics/{topic}/presences`
void begin_lease(core&, const api_request&, const std::string& topic, const respond&);
/// `PUT` and `DELETE /api/leases/{lease}`
void one_lease(core&, const api_request&, const std::string& name, const respond&);

} // namespace rollcall::gateway
