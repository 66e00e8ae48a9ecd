#include "gateway/options.hpp"

#include "cluster/mesh/address.hpp"

namespace rollcall::gateway {

problem validate(const gateway_options& o) {
  const auto bad = [](std::string text) { return problem{errc::bad_option, std::move(text)}; };
  const auto parsed = cluster::parse_address(o.http, cluster::port_zero::allowed);
  if (parsed.problem) return parsed.problem;
  if (o.http_cert.empty() != o.http_key.empty())
    return bad("--http-cert and --http-key go together: give both or none");
  const bool encrypted = !o.http_cert.empty();
  const bool tokens = !o.jwt_secret_file.empty() || !o.jwt_key_file.empty() || o.authorize;
  if (!cluster::is_loopback(parsed.value.host) && !o.insecure_http) {
    if (!encrypted)
      return {errc::not_loopback,
              "plain HTTP is for loopback only: give --http-cert and --http-key, let a proxy do "
              "TLS, or allow it with --insecure-http"};
    if (!tokens)
      return {errc::not_loopback,
              "everybody would be allowed everything: give --jwt-secret-file or --jwt-key-file, "
              "or allow it with --insecure-http"};
  }
  if (o.max_connections == 0 || o.client.max_channels == 0 || o.max_listed == 0)
    return bad("--max-connections, --max-channels and --max-listed are at least 1");
  if (o.max_message_bytes < 1024 || o.max_message_bytes > 16 * 1024 * 1024)
    return bad("--max-message-bytes is between 1024 and 16777216");
  if (!(o.client.join_rate > 0) || !(o.client.update_rate > 0) || !(o.message_rate > 0))
    return bad("a rate is greater than 0 per second");
  for (const auto& x : o.origins)
    if (x != "*" && (x.find("://") == std::string::npos || x.back() == '/'))
      return bad("--origin is scheme, host and port, such as https://example.org: \"" + x + "\"");
  return {};
}

} // namespace rollcall::gateway
