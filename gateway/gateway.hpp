// A gateway, which connects browsers to a tracker of this process.
//
//     gateway::gateway_options o;
//     o.http = "127.0.0.1:8080";
//     o.authorize = [](const gateway::credentials& who) -> gateway::decision {
//       if (auto user = my_sessions.find(who.token)) return gateway::grant::all();
//       return "sign in first";
//     };
//     auto g = gateway::server::start(system, tracker, node, o);
//     if (!g) return fail(rollcall::render(g.error()));
//     fmt::print("http://{}\n", (*g)->address());
//
// A gateway runs in one thread of its own. docs/gateway.md describes its protocols.
//
// Thread-safety: any thread. Errors: bad_option, bad_address, not_loopback, cannot_listen,
// bad_tls.
#pragma once

#include "gateway/options.hpp"
#include "rollcall/cluster.hpp"
#include "rollcall/tracker.hpp"

#include <memory>
#include <string>

namespace rollcall::gateway {

class server {
public:
  static expected<std::unique_ptr<server>> start(caf::actor_system&, tracker, cluster_node,
                                                 gateway_options);
  /// Calls `stop`.
  ~server();
  server(const server&) = delete;
  server& operator=(const server&) = delete;

  /// HOST:PORT, the real port.
  const std::string& address() const noexcept;
  /// Closes the port and asks the clients to reconnect. Returns when all its threads have
  /// ended. Stop the gateway before the tracker.
  void stop();

private:
  struct impl;
  explicit server(std::unique_ptr<impl>);
  std::unique_ptr<impl> impl_;
};

} // namespace rollcall::gateway
