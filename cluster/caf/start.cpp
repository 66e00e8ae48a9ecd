#include "cluster/caf/start.hpp"

#include "cluster/caf/basp_rules.hpp"
#include "cluster/caf/endpoint.hpp"
#include "cluster/caf/gate.hpp"
#include "cluster/caf/socket.hpp"

#include <algorithm>
#include <utility>

namespace rollcall::cluster {

namespace {

problem check_names(const endpoint_config& config) {
  if (config.node.empty() || config.node.size() > max_hello_text)
    return {errc::bad_option,
            "a node name has 1 to 256 bytes: give each node of the cluster its own"};
  if (config.cluster.size() > max_hello_text)
    return {errc::bad_option, "a cluster name has at most 256 bytes"};
  return {};
}

problem check_loopback(const endpoint_config& config, const address& where, const char* what) {
  if (config.tls.any() || config.insecure || is_loopback(where.host)) return {};
  return {
      errc::not_loopback,
      std::string{what} + " " + to_string(where)
          + " is beyond loopback, and plain TCP serves loopback only: set TLS certificate, key and "
            "CA, or allow insecure plain TCP in a network where everybody is trusted"};
}

} // namespace

started_endpoint start_endpoint(caf::actor_system& system, const endpoint_config& config) {
  started_endpoint result;
  auto fail = [&](problem x) {
    result.problem = std::move(x);
    return result;
  };
  if (auto wrong = check_names(config)) return fail(std::move(wrong));
  auto listen = parse_address(config.listen, port_zero::allowed);
  if (listen.problem) return fail(std::move(listen.problem));
  if (auto wrong = check_loopback(config, listen.value, "listening on"))
    return fail(std::move(wrong));
  auto advertise = listen;
  if (!config.advertise.empty()) {
    advertise = parse_address(config.advertise);
    if (advertise.problem) return fail(std::move(advertise.problem));
  } else if (is_any(listen.value.host)) {
    return fail({errc::bad_address, "who listens on all interfaces has to say which address others "
                                    "are to dial: set advertise to HOST:PORT"});
  }
  endpoint_setup setup;
  for (const auto& text : config.seeds) {
    auto seed = parse_address(text);
    if (seed.problem) return fail(std::move(seed.problem));
    if (is_numeric(seed.value.host))
      if (auto wrong = check_loopback(config, seed.value, "the seed"))
        return fail(std::move(wrong));
    setup.mesh.seeds.push_back(std::move(seed.value));
  }
  if (!has_network(system))
    return fail({errc::bad_option,
                 "the actor system has no middleman: prepare its config with rollcall::load"});
  std::shared_ptr<tls_source> tls;
  if (config.tls.any()) tls = std::make_shared<tls_source>(config.tls, config.node);
  if (tls != nullptr && tls->problem()) return fail(tls->problem());

  const auto& links = config.links;
  auto& mesh = setup.mesh;
  mesh.cluster = config.cluster;
  mesh.node = config.node;
  mesh.inc = config.inc;
  mesh.caf = compat::caf_release();
  mesh.tick_period = links.tick_period;
  mesh.backoff = links.backoff;
  mesh.second_dialer = links.second_dialer;
  // A hello is answered only after a probe, if its name is claimed.
  mesh.handshake_timeout = std::max(links.handshake_timeout, 2 * links.probe_timeout);
  mesh.probe_timeout = links.probe_timeout;
  mesh.ping_interval = links.ping_interval;
  mesh.silence = links.silence;
  mesh.slots = links.slots;
  mesh.islands_merge = config.islands_merge;
  mesh.wait_for_name = config.wait_for_name;
  mesh.max_peers = links.max_peers;
  mesh.seed = config.jitter_seed != 0 ? config.jitter_seed : config.inc.start_us ^ config.inc.salt;
  setup.broker = basp_broker(system);
  setup.greeting_timeout = links.greeting_timeout;
  auto& how = setup.dialing;
  how.connect_timeout = links.connect_timeout;
  how.greeting_timeout = links.greeting_timeout;
  how.loopback_only = !config.tls.any() && !config.insecure;
  how.ours = {compat::caf_release(), to_string(system.node()), config.node, config.inc,
              basp_version()};
  if (config.insecure && !config.tls.any())
    setup.warnings.push_back("plain TCP beyond loopback is allowed: whoever reaches the port is "
                             "trusted with all there is, and can end this node; set TLS "
                             "certificate, key and CA instead");
  auto queue = std::make_shared<connection_queue>();
  const auto weak = std::make_shared<caf::weak_actor_ptr>(); // set before the gate opens
  gate_setup entry;
  entry.tls = tls;
  entry.ours = how.ours;
  entry.greeting_timeout = links.greeting_timeout;
  // Time for the hello, and for a probe of the present holder of the name.
  entry.link_timeout = std::max(millis{10'000}, 2 * (mesh.handshake_timeout + links.probe_timeout));
  entry.most = links.limits.max_unfinished;
  entry.most_per_node = links.limits.max_connections_per_node;
  entry.most_per_certificate = links.limits.max_connections_per_certificate;
  entry.admitted = [queue](std::unique_ptr<tcp_connection> x) { queue->push(std::move(x)); };
  const auto refused = [weak](gate_refusal x) {
    if (const auto strong = weak->lock())
      compat::anon_send(caf::actor_cast<caf::actor>(strong),
                        endpoint_event{{cluster_event_kind::refused,
                                        {},
                                        std::move(x.from),
                                        x.why.code,
                                        std::move(x.why.message)}});
  };
  entry.refused = refused;
  const auto listening = std::make_shared<gate>(std::move(entry));
  setup.gate = listening;
  setup.tls = tls;
  const auto guard = std::make_shared<connection_guard>();
  guard->max_write_queue = links.limits.max_write_queue;
  guard->cut = [refused](const connection_state& x, const std::string& why) {
    refused({printable(x.node(), 64), {errc::limit_reached, why}});
  };
  setup.guard = guard;

  result.endpoint = system.spawn<endpoint>(std::move(setup));
  *weak = caf::weak_actor_ptr{caf::actor_cast<caf::strong_actor_ptr>(result.endpoint).get()};
  auto rules = make_basp_rules(system, result.endpoint);
  rules.access = config.reachable;
  rules.max_message_bytes = links.limits.max_message_bytes;
  rules.max_remote_actors = links.limits.max_remote_actors;
  guard->rules = std::make_shared<const basp_rules>(std::move(rules));
  gate::opened open;
  if (!queue->ok())
    open.problem = {errc::cannot_listen, "this process has no file descriptors left"};
  else
    open = listening->open(listen.value.host, listen.value.port);
  if (open.problem) {
    compat::anon_send(result.endpoint, stop_endpoint{});
    result.endpoint = nullptr;
    return fail(std::move(open.problem));
  }
  publish(system, std::move(queue), open.port, result.endpoint, guard);
  listen.value.port = open.port;
  if (config.advertise.empty()) advertise.value.port = open.port;
  result.tls = std::move(tls);
  result.listen = to_string(listen.value);
  result.advertise = to_string(advertise.value);
  compat::anon_send(result.endpoint, endpoint_listens{open.port, result.advertise});
  return result;
}

} // namespace rollcall::cluster
