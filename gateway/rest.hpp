// The HTTP interface: queries, and presences of clients without a socket.
//
// Thread-safety: gateway's thread only.
#pragma once

#include "gateway/core.hpp"
#include "gateway/url.hpp"

#include <functional>
#include <string>
#include <string_view>

namespace rollcall::gateway {

struct http_reply {
  unsigned status = 200;
  std::string body{};
  std::string type = "application/json";
  std::string allow{}; ///< for 405: the allowed methods
};
using respond = std::function<void(http_reply)>;

/// `{"error":"…","message":"…"}`
http_reply error_reply(unsigned status, std::string_view code, std::string_view message);
/// 403: the token does not grant the right.
http_reply unauthorized();

struct api_request {
  std::string_view method; ///< "GET"
  const url& target;
  std::string_view body;
  const grant& rights;
};

/// Handles requests to /api, /health and /metrics. Responds now or later.
void answer_api(core&, const api_request&, respond);
/// /metrics, in the text format of Prometheus.
void answer_metrics(core&, respond);

} // namespace rollcall::gateway
