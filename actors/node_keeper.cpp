#include "actors/node_keeper.hpp"

#include "actors/notices.hpp"
#include "cluster/caf/socket.hpp"
#include "cluster/mesh/address.hpp"

#include <utility>

namespace rollcall::actors {

using namespace std::chrono_literals;

namespace {

constexpr std::size_t most_restarts = 3;
constexpr auto restarts_within = 60s;
/// After an endpoint ended, its port may not be free at once.
constexpr auto longest_wait_for_port = 10s;
constexpr auto between_attempts = 100ms;

void tell_operator(const std::string& node, const cluster_event& x) {
  switch (x.kind) {
  case cluster_event_kind::peer_up:
  case cluster_event_kind::peer_down:
  case cluster_event_kind::resolved:
    return;
  case cluster_event_kind::refused:
    return notify({notice_level::warning,
                   "refused",
                   x.code,
                   node,
                   {},
                   (x.node.empty() ? x.address : x.node + " at " + x.address) + ": " + x.text,
                   false});
  case cluster_event_kind::name_lost:
    return notify({notice_level::warning, "name_lost", x.code, node, {}, x.text, false});
  case cluster_event_kind::warning:
    return notify({notice_level::warning, "warning", x.code, node, {}, x.text, false});
  case cluster_event_kind::fatal:
    return notify({notice_level::error, to_string(x.code), x.code, node, {}, x.text, true});
  }
}

} // namespace

node_keeper::node_keeper(caf::actor_config& cfg, std::shared_ptr<actors::node_state> node,
                         cluster::endpoint_config how)
    : caf::event_based_actor(cfg),
      node_(std::move(node)),
      how_(std::move(how)),
      on_down_([this](const caf::actor_addr& who, const caf::error& why) { is_down(who, why); }),
      counted_(system(), 2) {}

caf::behavior node_keeper::make_behavior() {
  compat::set_down_handler(this, on_down_);
  watch(node_->endpoint);
  return {
      [this](const cluster::endpoint_event& x) { heard(x.event); },
      [this](const call_msg& x) { x.run(this); },
  };
}

void node_keeper::watch(const caf::actor& endpoint) {
  watched_ = endpoint.address();
  compat::monitor(this, endpoint, on_down_);
  compat::send(this, endpoint, cluster::observe_endpoint{caf::actor{this}});
}

void node_keeper::heard(const cluster_event& x) {
  node_->tell(x);
  tell_operator(node_->name, x);
}

// -- the end of the endpoint ---------------------------------------------------------

void node_keeper::is_down(const caf::actor_addr& who, const caf::error& why) {
  if (who != watched_) return;
  watched_ = nullptr;
  if (stopped_) return finish();
  const auto now = std::chrono::steady_clock::now();
  cluster_event event;
  event.text = "the endpoint of this node ended (" + to_string(why)
               + ") and is started anew: all links are lost for a moment";
  node_->endpoint_is(nullptr);
  std::vector<cluster_event> lost;
  {
    const std::lock_guard guard{node_->mutex};
    for (const auto& [name, x] : node_->up) lost.push_back(x);
  }
  for (auto& x : lost) {
    x.kind = cluster_event_kind::peer_down;
    x.text = "the endpoint of this node ended";
    node_->tell(x);
  }
  // The middleman still has the ended endpoint under this port.
  const auto port = cluster::parse_address(node_->listen).value.port;
  compat::anon_send(cluster::basp_broker(system()), cluster::unpublish_message(who, port));
  if (node_->refusal()) return; // it was not part of the cluster any more
  while (!restarts_.empty() && now - restarts_.front() > restarts_within) restarts_.pop_front();
  restarts_.push_back(now);
  if (restarts_.size() > most_restarts)
    return gave_up("it ended " + std::to_string(restarts_.size()) + " times within a minute ("
                   + to_string(why) + ")");
  node_->tell(event);
  notify(
      {notice_level::error, "endpoint_restarted", errc::none, node_->name, {}, event.text, false});
  give_up_at_ = now + longest_wait_for_port;
  bring_back();
}

// Opening a port blocks only as long as the system needs to bind it.
void node_keeper::bring_back() {
  if (stopped_) return;
  auto how = how_;
  how.listen = node_->listen; // the port that peers know
  auto started = cluster::start_endpoint(system(), how);
  if (!started.problem) {
    node_->endpoint_is(started.endpoint);
    return watch(started.endpoint);
  }
  if (std::chrono::steady_clock::now() >= give_up_at_) return gave_up(started.problem.message);
  compat::delayed_send(this, caf::actor{this}, between_attempts,
                       call_msg{[](void* x) { static_cast<node_keeper*>(x)->bring_back(); }});
}

void node_keeper::gave_up(std::string why) {
  cluster_event x;
  x.kind = cluster_event_kind::fatal;
  x.node = node_->name;
  x.code = errc::endpoint_failed;
  x.text = "the endpoint of this node could not be brought back: " + std::move(why);
  node_->tell(x);
  tell_operator(node_->name, x);
}

void node_keeper::unheld() {
  if (!std::exchange(looking_, true)) look_whether_forgotten(0);
}

void node_keeper::look_whether_forgotten(unsigned looks) {
  if (stopped_ || node_->has_value()) {
    looking_ = false;
    return;
  }
  looks = only_ours_run(system()) ? looks + 1 : 0;
  if (looks == 3)
    return notify({notice_level::warning,
                   "forgotten",
                   errc::none,
                   node_->name,
                   {},
                   "this node runs on, though no value names it, and its actor system cannot end "
                   "before it: call stop before the last value goes, or hold a scoped_node",
                   true});
  compat::delayed_send(this, caf::actor{this}, between_looks, call_msg{[looks](void* x) {
                         static_cast<node_keeper*>(x)->look_whether_forgotten(looks);
                       }});
}

// -- the orderly end -------------------------------------------------------------------

void node_keeper::stop(ticket<actors::done> answer) {
  stopping_.push_back(std::move(answer));
  if (std::exchange(stopped_, true)) return;
  const auto endpoint = caf::actor_cast<caf::actor>(watched_);
  if (!endpoint) return finish();
  // Its down message calls `is_down`, after all its events.
  compat::anon_send(endpoint, cluster::stop_endpoint{});
}

void node_keeper::finish() {
  node_->end();
  for (const auto& x : std::exchange(stopping_, {})) x(actors::done{});
  quit();
}

void node_keeper::on_exit() {
  // If this actor was ended from outside, the node ends, too: nothing would supervise it.
  if (!stopped_)
    if (const auto endpoint = caf::actor_cast<caf::actor>(watched_))
      compat::anon_send(endpoint, cluster::stop_endpoint{});
  node_->end();
  stopping_.clear();
}

} // namespace rollcall::actors
