// The options of a gateway, with defaults, and its limits.
#pragma once

#include "gateway/client.hpp"
#include "gateway/gatherer.hpp"
#include "rollcall/options.hpp"

#include <chrono>
#include <cstddef>
#include <functional>
#include <map>
#include <string>
#include <variant>
#include <vector>

namespace rollcall::gateway {

/// The credentials of a client.
struct credentials {
  std::string token;  ///< authToken of phoenix.js, or the parameter `token`; may be empty
  std::string origin; ///< empty if none was sent
  std::string remote; ///< address of the client
  std::map<std::string, std::string> parameters; ///< of the URL
};
/// The rights of the client, or why it is refused.
using decision = std::variant<grant, std::string>;

struct gateway_options {
  std::string http = "127.0.0.1:0"; ///< HOST:PORT; port 0: any
  std::string http_cert, http_key;  ///< PEM files; both or none
  bool insecure_http = false;       ///< allow plain HTTP, and no tokens, beyond loopback
  std::string jwt_secret_file;      ///< HS256
  std::string jwt_key_file;         ///< RS256 or ES256: the public key, PEM
  std::vector<std::string> origins; ///< `https://example.org`, beside the own one

  client_limits client;
  std::size_t max_connections = 16384;
  std::size_t max_message_bytes = 128 * 1024;
  std::size_t max_body_bytes = 1024 * 1024; ///< of an HTTP request
  std::size_t max_header_bytes = 16 * 1024;
  std::size_t max_waiting_bytes = 1024 * 1024; ///< waiting to be sent to one client
  std::size_t max_listed = 10'000;             ///< members up to which a topic is sent in full
  double message_rate = 500;        ///< messages per second and client; further ones are read later
  millis handshake_timeout{10'000}; ///< for a request's header, and for an upgrade
  millis idle_timeout{75'000};      ///< without any traffic of the client
  millis send_timeout{30'000};      ///< a client that reads nothing for this time is closed
  millis leave_grace{0};            ///< time between the end of a connection and its leaves
  millis poll_window{10'000};       ///< longest time that a long poll waits for messages
  window_limits window;

  /// Decides in place of tokens. Runs in the gateway's thread: it must not block.
  std::function<decision(const credentials&)> authorize;
};

/// Returns the first rule that is broken: bad_option, bad_address, not_loopback.
problem validate(const gateway_options&);

} // namespace rollcall::gateway
