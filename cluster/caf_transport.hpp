// Plain TCP or TLS: the one place where that is chosen, for listening and for
// dialing.
//
// CAF has an actor for each of the two, with the same interface: publish a
// port, connect to one, close one. Everything else here talks to that actor and
// does not know which of the two it is.
#pragma once

#include "cluster/caf_compat.hpp"
#include "rollcall/options.hpp"

#include <cstdint>
#include <string>

namespace rollcall::cluster {

enum class transport_kind : std::uint8_t { plain, tls };

struct transport {
  caf::actor manager; ///< CAF's middleman actor, or its twin for TLS
  rollcall::problem problem;
};

/// bad_option or bad_tls if the actor system was not prepared for it.
transport get_transport(caf::actor_system&, transport_kind);

struct published {
  std::uint16_t port = 0;
  rollcall::problem problem; ///< cannot_listen
};

/// Opens the port of the endpoint; blocks until it is open, 10 s at most. A port
/// that a killed process had can be taken again at once.
published publish(caf::actor_system&, const caf::actor& manager, const caf::actor& endpoint,
                  const std::string& host, std::uint16_t port);

/// What the manager understands.
caf::message connect_message(const std::string& ip, std::uint16_t port);
caf::message unpublish_message(const caf::actor_addr& endpoint, std::uint16_t port);

/// Why CAF could not connect, for who reads the log.
std::string describe_connect_error(const caf::error&);

} // namespace rollcall::cluster
