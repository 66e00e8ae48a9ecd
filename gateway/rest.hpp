// The HTTP interface: what is where, and presences of things without a socket.
//
// Threads: that of the gateway only.
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
  std::string allow{}; ///< of a 405: the methods that there are
};
using respond = std::function<void(http_reply)>;

/// `{"error":"…","message":"…"}`
http_reply error_reply(unsigned status, std::string_view code, std::string_view message);
/// 403: the token does not give that right.
http_reply unauthorized();

struct api_request {
  std::string_view method; ///< "GET"
  const url& target;
  std::string_view body;
  const grant& rights;
};

/// Answers what stands under /api, /health and /metrics, now or later.
void answer_api(core&, const api_request&, respond);
/// /metrics, in the text form of Prometheus.
void answer_metrics(core&, respond);

} // namespace rollcall::gateway
