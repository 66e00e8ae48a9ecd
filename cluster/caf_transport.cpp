#include "cluster/caf_transport.hpp"

#include "cluster/address.hpp"
#include "cluster/caf_io.hpp"

#include <chrono>
#include <set>
#include <utility>

namespace rollcall::cluster {

transport get_transport(caf::actor_system& system, transport_kind kind) {
  transport result;
  if (!system.has_middleman()) {
    result.problem = {errc::bad_option,
                      "the actor system has no middleman: prepare its config with rollcall::load"};
    return result;
  }
  if (kind == transport_kind::plain) {
    result.manager = caf::actor_cast<caf::actor>(system.middleman().actor_handle());
    return result;
  }
  if (!system.has_openssl_manager()) {
    result.problem = {errc::bad_tls, "the actor system has no TLS: give rollcall::load a "
                                     "certificate, its key and the CA of the cluster"};
    return result;
  }
  result.manager = caf::actor_cast<caf::actor>(system.openssl_manager().actor_handle());
  return result;
}

published publish(caf::actor_system& system, const caf::actor& manager, const caf::actor& endpoint,
                  const std::string& host, std::uint16_t port) {
  published result;
  caf::scoped_actor self{system};
  auto message =
      caf::make_message(caf::publish_atom_v, port, caf::actor_cast<caf::strong_actor_ptr>(endpoint),
                        std::set<std::string>{}, host, true);
  std::string reason;
  compat::request(self, manager, std::chrono::seconds{10}, std::move(message))
      .receive([&](std::uint16_t bound) { result.port = bound; },
               [&](caf::error& e) { reason = to_string(e); });
  if (result.port == 0)
    result.problem = {errc::cannot_listen, "cannot listen on " + to_string(address{host, port})
                                               + ": it is in use, or no address of this host; "
                                                 "choose another, or port 0 for any free one ("
                                               + reason + ")"};
  return result;
}

caf::message connect_message(const std::string& ip, std::uint16_t port) {
  return caf::make_message(caf::connect_atom_v, ip, port);
}

caf::message unpublish_message(const caf::actor_addr& endpoint, std::uint16_t port) {
  return caf::make_message(caf::unpublish_atom_v, endpoint, port);
}

std::string describe_connect_error(const caf::error& e) {
  return "it takes connections, but does not answer as a node of ours (" + to_string(e)
         + "): is it one, built with the same CAF release, and with TLS as here?";
}

} // namespace rollcall::cluster
