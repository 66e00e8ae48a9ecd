#include "actors/access.hpp"
#include "actors/call.hpp"
#include "actors/clock.hpp"
#include "actors/inside_handler.hpp"
#include "actors/node_keeper.hpp"
#include "actors/node_state.hpp"
#include "cluster/caf/start.hpp"
#include "rollcall/cluster.hpp"
#include "rollcall/config.hpp"

#include <atomic>
#include <chrono>
#include <thread>
#include <utility>

namespace rollcall {

using namespace std::chrono_literals;

namespace {

constexpr auto patience = 5s;

using clock = std::chrono::steady_clock;

/// Sends a request to the endpoint and waits. These calls are rare, so polling is fine. If
/// the endpoint has just ended by itself, waits for its restart.
template <class Reply, class Message>
expected<Reply> ask(const std::shared_ptr<actors::node_state>& x, const Message& message) {
  if (!x) return make_error(errc::bad_option, "there is no cluster: see start_cluster");
  if (actors::handler_scope::inside(x->system)) return make_error(errc::would_deadlock);
  const auto until = clock::now() + patience;
  expected<Reply> result{make_error(errc::timed_out)};
  const auto failed = [&](caf::error& e) { result = std::move(e); };
  for (; clock::now() < until; std::this_thread::sleep_for(5ms)) {
    caf::actor endpoint;
    {
      const std::lock_guard guard{x->mutex};
      if (x->ended) return make_error(errc::shutting_down, "the node has been stopped");
      if (x->fatal.code == errc::endpoint_failed)
        return make_error(x->fatal.code, x->fatal.message);
      endpoint = x->endpoint;
    }
    if (!endpoint) continue;
    caf::scoped_actor self{*x->system};
    auto answer = compat::request(self, endpoint, until - clock::now(), message);
    if constexpr (std::is_same_v<Reply, actors::done>)
      std::move(answer).receive([&] { result = actors::done{}; }, failed);
    else
      std::move(answer).receive([&](Reply& y) { result = std::move(y); }, failed);
    if (result || code_of(result.error()) != errc::shutting_down) return result;
  }
  return result;
}

expected<void> done_or(const expected<actors::done>& x) {
  if (!x) return x.error();
  return {};
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

} // namespace

const std::string& cluster_node::name() const noexcept {
  static const std::string local{"local"};
  return state_ ? state_->name : local;
}

const std::string& cluster_node::listen() const noexcept {
  static const std::string none;
  return state_ ? state_->listen : none;
}

const std::string& cluster_node::advertise() const noexcept {
  static const std::string none;
  return state_ ? state_->advertise : none;
}

expected<std::vector<cluster_peer>> cluster_node::peers() const {
  if (state_)
    if (const auto why = state_->refusal()) return make_error(why.code, why.message);
  auto all = ask<cluster::peer_list>(state_, cluster::get_peers{});
  if (!all) return std::move(all.error());
  return std::move(all->peers);
}

expected<cluster_stats> cluster_node::stats() const {
  auto x = ask<cluster::endpoint_stats>(state_, cluster::get_endpoint_stats{});
  if (!x) return std::move(x.error());
  return x->stats;
}

expected<void> cluster_node::block(const std::string& peer, block_direction x) const {
  return done_or(ask<actors::done>(
      state_, cluster::block_peer{peer, x != block_direction::out, x != block_direction::in}));
}

expected<void> cluster_node::unblock(const std::string& peer) const {
  return done_or(ask<actors::done>(state_, cluster::block_peer{peer, false, false}));
}

expected<subscription>
cluster_node::observe(std::function<void(const cluster_event&)> callback) const {
  if (!state_) return make_error(errc::bad_option, "there is no cluster: see start_cluster");
  static std::atomic<std::uint64_t> last{0};
  const auto id = ++last;
  auto queue = state_->add_observer(id, std::move(callback));
  if (!queue)
    return make_error(errc::limit_reached, "the process can start no thread for callbacks");
  const std::lock_guard guard{state_->mutex};
  if (state_->ended) return make_error(errc::shutting_down, "the node has been stopped");
  return actors::access::make_subscription(id, std::move(queue));
}

expected<void> cluster_node::reload_tls() const {
  if (!state_ || state_->tls == nullptr)
    return make_error(errc::bad_option, "this node has no TLS: there are no files to read again");
  if (const auto wrong = state_->tls->reload()) return make_error(wrong.code, wrong.message);
  return {};
}

expected<void> cluster_node::stop() const {
  if (!state_) return make_error(errc::bad_option, "there is no cluster: see start_cluster");
  if (actors::handler_scope::inside(state_->system)) return make_error(errc::would_deadlock);
  const auto until = clock::now() + patience;
  const auto ended = [this] {
    const std::lock_guard guard{state_->mutex};
    return state_->ended ? errc::shutting_down : errc::none;
  };
  caf::actor keeper;
  {
    const std::lock_guard guard{state_->mutex};
    keeper = state_->keeper;
  }
  if (keeper) {
    auto result = std::make_shared<actors::answer<actors::done>>();
    const actors::ticket<actors::done> mine{result, errc::shutting_down};
    compat::anon_send(keeper, actors::call_msg{[mine](void* x) {
                        static_cast<actors::node_keeper*>(x)->stop(mine);
                      }});
    keeper = nullptr;
    (void)result->wait_until(until, ended);
  }
  if (ended() == errc::none)
    return make_error(errc::timed_out, "the endpoint has not ended in time");
  if (!state_->end_observers(until))
    return make_error(errc::timed_out, "a callback has not returned");
  return {};
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
  config.links.limits = options.limits;
  config.wait_for_name = options.wait_for_name;
  // Two clusters with the default name may meet by chance.
  config.islands_merge = config.cluster != cluster_options{}.cluster_name;
  auto result = std::make_shared<actors::node_state>();
  if (!actors::nodes::add(system, result))
    return make_error(errc::cluster_exists,
                      "this actor system has a node already: stop it, or use it");
  auto started = cluster::start_endpoint(system, config);
  if (started.problem) {
    actors::nodes::remove(result.get());
    return make_error(started.problem.code, started.problem.message);
  }
  result->system = &system;
  result->endpoint = std::move(started.endpoint);
  result->tls = std::move(started.tls);
  result->name = config.node;
  result->listen = std::move(started.listen);
  result->advertise = std::move(started.advertise);
  result->keeper = system.spawn<actors::node_keeper>(result, std::move(config));
  auto value = actors::held_by_user<actors::node_state>(result, [](actors::node_state& x) {
    caf::actor keeper;
    {
      const std::lock_guard guard{x.mutex};
      keeper = x.keeper;
    }
    if (keeper)
      compat::anon_send(keeper, actors::call_msg{[](void* y) {
                          static_cast<actors::node_keeper*>(y)->unheld();
                        }});
  });
  {
    const std::lock_guard guard{result->mutex};
    result->value = value;
  }
  return actors::access::make_node(std::move(value));
}

} // namespace rollcall
