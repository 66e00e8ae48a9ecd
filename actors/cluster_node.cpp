#include "actors/call.hpp"
#include "actors/clock.hpp"
#include "actors/cluster_impl.hpp"
#include "actors/inside_handler.hpp"
#include "cluster/caf/start.hpp"
#include "rollcall/cluster.hpp"
#include "rollcall/config.hpp"

#include <optional>
#include <utility>

namespace rollcall {

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 5s;

/// Asks the endpoint and waits. None of these is asked often.
template <class Reply, class Message>
expected<Reply> ask(const std::shared_ptr<cluster_node::impl>& x, Message message) {
  if (!x) return make_error(errc::bad_option, "there is no cluster: see start_cluster");
  if (actors::handler_scope::inside(x->system)) return make_error(errc::would_deadlock);
  caf::scoped_actor self{*x->system};
  expected<Reply> result{make_error(errc::timed_out)};
  const auto failed = [&](caf::error& e) { result = std::move(e); };
  auto answer = compat::request(self, x->endpoint, patience, std::move(message));
  if constexpr (std::is_same_v<Reply, actors::done>)
    std::move(answer).receive([&] { result = actors::done{}; }, failed);
  else
    std::move(answer).receive([&](Reply& y) { result = std::move(y); }, failed);
  return result;
}

expected<void> done_or(const expected<actors::done>& x) {
  if (!x) return x.error();
  return {};
}

cluster_event_kind kind_of(cluster::endpoint_event_kind x) {
  switch (x) {
  case cluster::endpoint_event_kind::peer_up:
    return cluster_event_kind::peer_up;
  case cluster::endpoint_event_kind::peer_down:
    return cluster_event_kind::peer_down;
  case cluster::endpoint_event_kind::refused:
    return cluster_event_kind::refused;
  case cluster::endpoint_event_kind::warning:
    return cluster_event_kind::warning;
  case cluster::endpoint_event_kind::resolved:
    return cluster_event_kind::resolved;
  case cluster::endpoint_event_kind::name_lost:
    return cluster_event_kind::name_lost;
  case cluster::endpoint_event_kind::fatal:
    return cluster_event_kind::fatal;
  }
  return cluster_event_kind::warning;
}

cluster::basp_access access_of(remote_actors x) {
  switch (x) {
  case remote_actors::none:
    return cluster::basp_access::endpoint;
  case remote_actors::handed_out:
    return cluster::basp_access::handed_out;
  case remote_actors::all:
    return cluster::basp_access::all;
  }
  return cluster::basp_access::endpoint;
}

using event_handler = std::function<void(const cluster_event&)>;

/// Serves one callback; what it throws ends it.
caf::behavior observer(caf::event_based_actor*, const event_handler& callback) {
  return {[callback](const cluster::endpoint_event& x) {
    callback({kind_of(x.kind), x.node, x.address, x.code, x.message});
  }};
}

} // namespace

const std::string& cluster_node::name() const noexcept {
  static const std::string local{"local"};
  return impl_ ? impl_->name : local;
}

const std::string& cluster_node::listen() const noexcept {
  static const std::string none;
  return impl_ ? impl_->listen : none;
}

const std::string& cluster_node::advertise() const noexcept {
  static const std::string none;
  return impl_ ? impl_->advertise : none;
}

expected<std::vector<cluster_peer>> cluster_node::peers() const {
  auto all = ask<cluster::peer_list>(impl_, cluster::get_peers{});
  if (!all) return std::move(all.error());
  std::vector<cluster_peer> result;
  result.reserve(all->peers.size());
  for (auto& x : all->peers)
    result.push_back({std::move(x.name), std::move(x.address), std::move(x.state),
                      std::move(x.reason), std::move(x.warning)});
  return result;
}

expected<cluster_stats> cluster_node::stats() const {
  auto x = ask<cluster::endpoint_stats>(impl_, cluster::get_endpoint_stats{});
  if (!x) return std::move(x.error());
  cluster_stats result;
  result.links_up = x->links_up;
  result.dials = x->dials;
  result.dials_failed = x->dials_failed;
  result.handshakes_refused = x->handshakes_refused;
  result.frames_in = x->frames_in;
  result.frames_out = x->frames_out;
  result.bytes_in = x->bytes_in;
  result.bytes_out = x->bytes_out;
  result.dropped =
      x->dropped_no_link + x->dropped_no_shard + x->dropped_blocked + x->dropped_unknown;
  return result;
}

expected<void> cluster_node::block(const std::string& peer, block_direction x) const {
  return done_or(ask<actors::done>(
      impl_, cluster::block_peer{peer, x != block_direction::out, x != block_direction::in}));
}

expected<void> cluster_node::unblock(const std::string& peer) const {
  return done_or(ask<actors::done>(impl_, cluster::block_peer{peer, false, false}));
}

expected<void> cluster_node::observe(event_handler callback) const {
  if (!impl_) return make_error(errc::bad_option, "there is no cluster: see start_cluster");
  // A thread of its own: callbacks may block.
  auto worker = impl_->system->spawn<caf::detached>(observer, std::move(callback));
  {
    const std::lock_guard guard{impl_->mutex};
    impl_->workers.push_back(worker);
  }
  compat::anon_send(impl_->endpoint, cluster::observe_endpoint{worker});
  return {};
}

expected<void> cluster_node::reload_tls() const {
  if (!impl_ || impl_->tls == nullptr)
    return make_error(errc::bad_option, "this node has no TLS: there are no files to read again");
  if (const auto wrong = impl_->tls->reload()) return make_error(wrong.code, wrong.message);
  return {};
}

expected<void> cluster_node::stop() const {
  auto result = done_or(ask<actors::done>(impl_, cluster::stop_endpoint{}));
  // Whether it answers or has ended already: what served callbacks ends too.
  if (!result && code_of(result.error()) != errc::shutting_down) return result;
  std::vector<caf::actor> workers;
  {
    const std::lock_guard guard{impl_->mutex};
    workers.swap(impl_->workers);
  }
  for (const auto& x : workers) caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
  return result;
}

expected<cluster_node> start_cluster(caf::actor_system& system, cluster_options options) {
  if (actors::handler_scope::inside(&system)) return make_error(errc::would_deadlock);
  cluster::endpoint_config config;
  config.cluster = std::move(options.cluster_name);
  config.node = std::move(options.node_name);
  config.inc = actors::next_incarnation();
  config.listen = std::move(options.listen);
  config.advertise = std::move(options.advertise);
  config.seeds = std::move(options.seeds);
  if (options.tls) {
    auto tls = read_tls_options(system.config());
    if (!tls) return std::move(tls.error());
    if (!tls->any())
      return make_error(errc::bad_tls, "TLS was asked for, and there are no TLS files: give "
                                       "rollcall::load certificate, key and CA");
    config.tls = std::move(*tls);
  }
  config.insecure = options.insecure_plain_tcp;
  config.reachable = access_of(options.reachable);
  const auto& bounds = options.limits;
  config.links.max_unfinished = bounds.max_unfinished;
  config.links.max_connections_per_node = bounds.max_connections_per_node;
  config.links.max_connections_per_certificate = bounds.max_connections_per_certificate;
  config.links.max_message_bytes = bounds.max_message_bytes;
  config.links.max_write_queue = bounds.max_write_queue;
  config.links.max_remote_actors = bounds.max_remote_actors;
  config.wait_for_name = options.wait_for_name;
  // Two clusters that were left at the default name may meet by chance.
  config.islands_merge = config.cluster != cluster_options{}.cluster_name;
  auto started = cluster::start_endpoint(system, config);
  if (started.problem) return make_error(started.problem.code, started.problem.message);
  auto result = std::make_shared<cluster_node::impl>();
  result->system = &system;
  result->endpoint = std::move(started.endpoint);
  result->tls = std::move(started.tls);
  result->name = std::move(config.node);
  result->listen = std::move(started.listen);
  result->advertise = std::move(started.advertise);
  return cluster_node{std::move(result)};
}

std::string to_string(cluster_event_kind x) {
  switch (x) {
  case cluster_event_kind::peer_up:
    return "peer_up";
  case cluster_event_kind::peer_down:
    return "peer_down";
  case cluster_event_kind::refused:
    return "refused";
  case cluster_event_kind::warning:
    return "warning";
  case cluster_event_kind::resolved:
    return "resolved";
  case cluster_event_kind::name_lost:
    return "name_lost";
  case cluster_event_kind::fatal:
    return "fatal";
  }
  return "unknown";
}

} // namespace rollcall
