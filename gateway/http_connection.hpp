// An HTTP connection, up to the upgrade to a WebSocket.
#pragma once

#include "gateway/core.hpp"
#include "gateway/net_stream.hpp"

namespace rollcall::gateway {

/// Serves requests until the connection ends. Keeps itself alive.
void serve_http(core&, net_stream);

} // namespace rollcall::gateway
