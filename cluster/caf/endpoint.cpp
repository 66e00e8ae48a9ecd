// Start, end and control of the endpoint.
#include "cluster/caf/endpoint.hpp"

#include "base/free_memory.hpp"
#include "cluster/caf/socket.hpp"

#include <algorithm>
#include <chrono>
#include <numeric>
#include <utility>

namespace rollcall::cluster {

using namespace std::chrono_literals;

endpoint::endpoint(caf::actor_config& cfg, endpoint_setup setup)
    : caf::event_based_actor(cfg),
      setup_(std::move(setup)),
      dialer_(std::make_unique<dialer>(
          std::accumulate(setup_.mesh.slots.begin(), setup_.mesh.slots.end(), std::size_t{0}),
          setup_.mesh.max_look_ups + std::max<std::size_t>(setup_.mesh.max_look_ups / 4, 1))),
      how_(std::make_shared<const dial_how>(setup_.dialing)),
      down_handler_(
          [this](const caf::actor_addr& who, const caf::error& why) { on_down(who, why); }),
      refusals_(setup_.mesh.say_again) {}

const char* endpoint::name() const { return "rollcall.endpoint"; }

instant endpoint::now() const {
  return std::chrono::duration_cast<instant>(std::chrono::steady_clock::now().time_since_epoch());
}

caf::behavior endpoint::make_behavior() {
  compat::set_down_handler(this, down_handler_);
  // Peers may send any message that CAF can read; none of them ends the endpoint.
  compat::set_default_handler(this, [this](const caf::message&) { ++stats_.dropped_unknown; });
  compat::ignore_error_messages(this);
  compat::set_exit_handler(this, [this](const caf::exit_msg& x) {
    if (compat::lives_in(system(), x.source)) quit(x.reason);
  });
  return {
      [this](std::string& bytes) { on_bytes(bytes); },
      [this](send_frame& x) { send_out(x); },
      [this](const resolve_remote& x) { return resolve(x); },
      [this](const std::string& tracker, std::uint64_t actor, std::uint64_t start_us,
             std::uint64_t salt) {
        return on_resolve(tracker, actor, {start_us, salt});
      },
      [this](const send_dispatch& x) { return dispatch(x); },
      [this](const endpoint_tick& x) { on_tick(x); },
      [this](const dial_result& x) { on_probe(x); },
      [this](const endpoint_event& x) { on_gate_refused(x.event); },
      [this](const attach_shard& x) { take_shard(x); },
      [this](const detach_shard& x) {
        drop_shard(x.tracker, x.shard);
        tell_trackers();
      },
      [this](const endpoint_listens& x) { begin(x); },
      [this](const observe_endpoint& x) { observe(x.who); },
      [this](const get_peers& x) { return list_peers(x.known_only); },
      [this](const get_endpoint_stats&) { return endpoint_stats{stats()}; },
      [this](const block_peer& x) {
        if (x.in || x.out)
          blocked_[x.name] = {x.in, x.out};
        else
          blocked_.erase(x.name);
        return caf::unit;
      },
      [this](const stop_endpoint&) {
        auto promise = make_response_promise();
        stop(promise);
        return promise;
      },
  };
}

void endpoint::begin(const endpoint_listens& x) {
  if (mesh_ != nullptr || stopped_) return;
  port_ = x.port;
  setup_.mesh.address = x.advertise;
  mesh_ = std::make_unique<mesh::membership>(setup_.mesh, now());
  tell_trackers();
  for (auto& [from, bytes] : std::exchange(early_, {})) on_packet(from, bytes);
  step(mesh::tick{});
}

void endpoint::on_tick(const endpoint_tick& x) {
  if (x.generation != generation_ || stopped_) return;
  armed_ = instant::max();
  step(mesh::tick{});
  if (traffic_.look(stats_.bytes_in + stats_.bytes_out, now())) give_back_free_memory();
}

void endpoint::on_down(const caf::actor_addr& who, const caf::error& why) {
  const auto key = caf::actor_cast<handle_key>(who);
  if (const auto i = channels_.find(key); i != channels_.end()) {
    const auto channel = i->second;
    // CAF 1.x deadlocks if a monitor is cancelled in its own handler.
    remotes_.at(channel).watch = {};
    step(mesh::channel_lost{channel, "connection lost (" + to_string(why) + ")"});
    forget(channel);
    return;
  }
  bool ours = false;
  for (auto i = shards_.begin(); i != shards_.end();) {
    const auto gone = std::erase_if(i->second, [&](const shard_entry& entry) {
      return caf::actor_cast<handle_key>(entry.handle) == key;
    });
    ours = ours || gone > 0;
    i = i->second.empty() ? shards_.erase(i) : std::next(i);
  }
  if (ours) {
    tell_trackers();
    return;
  }
  std::erase_if(observers_,
                [&](const caf::actor& x) { return caf::actor_cast<handle_key>(x) == key; });
}

// -- control -----------------------------------------------------------------------

void endpoint::observe(const caf::actor& who) {
  if (!who) return;
  const bool known = std::find(observers_.begin(), observers_.end(), who) != observers_.end();
  if (!known) {
    observers_.push_back(who);
    compat::monitor(this, who, down_handler_);
  }
  if (mesh_ != nullptr)
    for (const auto& x : mesh_->peers())
      if (x.state == peer_state::up)
        compat::send(
            this, who,
            endpoint_event{{cluster_event_kind::peer_up, x.name, x.address, errc::none, {}}});
  if (!known)
    for (const auto& text : setup_.warnings)
      compat::send(this, who,
                   endpoint_event{{cluster_event_kind::warning, {}, {}, errc::none, text}});
  for (auto& x : std::exchange(early_events_, {}))
    compat::send(this, who, endpoint_event{std::move(x)});
  if (fatal_) compat::send(this, who, endpoint_event{*fatal_});
}

void endpoint::tell(cluster_event x) {
  constexpr std::size_t most_early = 64;
  if (observers_.empty()) {
    // Every observer is told of links that are up, and of the end, in any case.
    if (x.kind != cluster_event_kind::peer_up && x.kind != cluster_event_kind::peer_down
        && x.kind != cluster_event_kind::fatal && early_events_.size() < most_early)
      early_events_.push_back(std::move(x));
    return;
  }
  const auto message = caf::make_message(endpoint_event{std::move(x)});
  for (const auto& who : observers_) compat::send(this, who, message);
}

peer_list endpoint::list_peers(bool known_only) const {
  peer_list result;
  if (mesh_ == nullptr) return result;
  for (auto& x : mesh_->peers())
    if (!known_only || !x.name.empty()) result.peers.push_back(std::move(x));
  return result;
}

cluster_stats endpoint::stats() const {
  auto result = stats_;
  if (mesh_ != nullptr) {
    const auto& x = mesh_->stats();
    result.links_up = mesh_->links();
    result.dials = x.dials;
    result.dials_failed = x.dials_failed;
    result.handshakes_refused += x.refused; // besides those that the gate refused
    result.dropped_unknown += x.bad_packets;
  }
  result.dropped_unknown += setup_.guard->dropped;
  return result;
}

// -- the end -------------------------------------------------------------------------

void endpoint::stop(caf::response_promise promise) {
  stopping_.push_back(std::move(promise));
  if (stopped_) return;
  stopped_ = true;
  ++generation_;
  if (mesh_ != nullptr) step(mesh::leave{});
  dialer_->close();
  setup_.gate->close();
  dials_.clear();
  if (port_ == 0) {
    finish();
    return;
  }
  compat::request(this, setup_.broker, 1s, unpublish_message(address(), port_))
      .then([this] { finish(); }, [this](caf::error&) { finish(); });
}

void endpoint::finish() {
  for (auto& x : std::exchange(stopping_, {})) compat::deliver_done(x);
  quit();
}

void endpoint::on_exit() {
  dialer_->close();
  setup_.gate->close();
  dialed_.reset();
  // Break the reference cycles between us and our handlers.
  remotes_.clear();
  channels_.clear();
  shards_.clear();
  observers_.clear();
  early_.clear();
  resolves_.clear();
  stopping_.clear();
  setup_.broker = nullptr;
}

} // namespace rollcall::cluster
