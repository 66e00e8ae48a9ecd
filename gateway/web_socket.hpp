// A client on a WebSocket.
#pragma once

#include "gateway/core.hpp"
#include "gateway/net_stream.hpp"

#include <boost/beast/http/message.hpp>
#include <boost/beast/http/string_body.hpp>

#include <string>

namespace rollcall::gateway {

using http_request = beast::http::request<beast::http::string_body>;

/// Completes the upgrade and serves the client until it leaves. Keeps itself alive.
/// `with_protocol`: the client offered the subprotocol "phoenix", which is then selected.
void serve_web_socket(core&, net_stream, http_request, grant, bool with_protocol);

/// Closes connections that have read nothing for the send timeout.
void close_stuck(core&);

} // namespace rollcall::gateway
