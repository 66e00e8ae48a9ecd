// Carries out the actions of the membership machine, and passes packets to it.
#include "cluster/caf/endpoint.hpp"
#include "cluster/caf/socket.hpp"
#include "cluster/wire/envelope.hpp"

#include <algorithm>
#include <cassert>
#include <optional>
#include <set>
#include <utility>

namespace rollcall::cluster {

namespace {

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

constexpr std::size_t most_early = 64;
constexpr unsigned most_refusals_told = 30; // in `say_again`
constexpr unsigned most_told = 256;         // by the mesh, in the same time

} // namespace

void endpoint::step(const mesh::event& x) {
  auto todo = mesh_->step(x, now());
  for (auto& one : todo) carry_out(one);
  if (stopped_ || mesh_->next_tick() >= armed_) return;
  // CAF's timers wake threads, so there is a tick only when one is due. A tick that was
  // set for a later time has an old generation and is ignored.
  armed_ = mesh_->next_tick();
  const auto wait = std::max(armed_ - now(), millis{0});
  compat::delayed_send(this, caf::actor{this}, wait, endpoint_tick{++generation_});
}

void endpoint::carry_out(mesh::action& x) {
  std::visit(
      overloaded{
          [this](const mesh::dial& a) { dial(a); },
          [this](const mesh::look_up& a) { look_up(a); },
          [this](const mesh::verify& a) { verify(a); },
          [this](mesh::send& a) {
            if (const auto i = remotes_.find(a.to); i != remotes_.end())
              compat::send(this, i->second.handle, std::move(a.bytes));
          },
          [this](const mesh::forget& a) { forget(a.channel); },
          [this](mesh::up& a) {
            setup_.gate->linked(a.node, true);
            tell_shards(a.node, true);
            tell({cluster_event_kind::peer_up,
                  std::move(a.node),
                  std::move(a.address),
                  errc::none,
                  {}});
          },
          [this](mesh::down& a) {
            setup_.gate->linked(a.node, false);
            setup_.gate->cut_dead(a.node);
            tell_shards(a.node, false);
            tell({cluster_event_kind::peer_down, std::move(a.node), std::move(a.address),
                  errc::none, std::move(a.reason)});
          },
          [this](mesh::refused& a) {
            if (!may_tell()) return;
            tell({cluster_event_kind::refused, std::move(a.node), std::move(a.address), a.code,
                  std::move(a.message)});
          },
          [this](mesh::warning& a) {
            if (!may_tell()) return;
            tell({cluster_event_kind::warning, {}, {}, errc::none, std::move(a.message)});
          },
          [this](mesh::resolved& a) {
            tell({cluster_event_kind::resolved,
                  {},
                  std::move(a.name),
                  errc::none,
                  std::move(a.message)});
          },
          [this](mesh::name_lost& a) {
            tell({cluster_event_kind::name_lost,
                  setup_.mesh.node,
                  {},
                  errc::name_in_use,
                  std::move(a.message)});
          },
          [this](mesh::fatal& a) {
            fatal_ = cluster_event{
                cluster_event_kind::fatal, setup_.mesh.node, {}, a.code, std::move(a.message)};
            tell(*fatal_);
          },
      },
      x);
}

// -- dialing -------------------------------------------------------------------------

template <class Map>
auto endpoint::deposit(Map dialed::*which, std::uint64_t id) {
  // A weak handle: the callback must not keep an ended endpoint alive.
  caf::weak_actor_ptr self{ctrl()};
  return [self, to = dialed_, which, id](typename Map::mapped_type found) {
    const auto strong = self.lock();
    if (!strong) return;
    {
      const std::lock_guard lock{to->mutex};
      ((*to).*which)[id] = std::move(found);
    }
    compat::anon_send(caf::actor_cast<caf::actor>(strong), dial_result{id});
  };
}

std::shared_ptr<const dial_how> endpoint::dialing() const {
  if (setup_.tls == nullptr) return how_;
  auto fresh = std::make_shared<dial_how>(*how_);
  fresh->tls = setup_.tls->current(); // the files may have been reloaded
  return fresh;
}

void endpoint::dial(const mesh::dial& x) {
  dials_[x.id] = x.where.port;
  dialer_->ask(x.where, dialing(), deposit(&dialed::answers, x.id));
}

void endpoint::look_up(const mesh::look_up& x) {
  dialer_->look_up(x.name, deposit(&dialed::names, x.id));
}

void endpoint::verify(const mesh::verify& x) {
  dialer_->ask(x.where, dialing(), deposit(&dialed::verified, x.id));
}

/// Dials, look-ups and verifications are numbered separately and have a map each. Handles
/// every result with this number.
void endpoint::on_probe(const dial_result& note) {
  dialer::answer x;
  std::optional<dialer::found_name> name;
  std::optional<dialer::answer> seen;
  {
    const std::lock_guard lock{dialed_->mutex};
    if (auto found = dialed_->names.extract(note.dial); !found.empty())
      name = std::move(found.mapped());
    if (auto found = dialed_->verified.extract(note.dial); !found.empty())
      seen = std::move(found.mapped());
    auto found = dialed_->answers.extract(note.dial);
    if (!found.empty()) x = std::move(found.mapped());
  }
  if (stopped_) return;
  if (name) step(mesh::looked_up{note.dial, std::move(name->addresses), std::move(name->why)});
  if (seen) {
    if (seen->self)
      step(mesh::verified{note.dial, setup_.mesh.node, {}});
    else if (seen->connection == nullptr)
      step(mesh::verified{note.dial, {}, std::move(seen->why.message)});
    else
      step(mesh::verified{note.dial, seen->connection->state->node(), {}});
    // Destroying the result closes the connection; only the name was needed.
  }
  if (!x.self && x.connection == nullptr && x.why.code == errc::none) return; // not a dial
  const auto i = dials_.find(note.dial);
  if (i == dials_.end()) return;
  if (x.self) {
    dials_.erase(i);
    step(mesh::dial_self{note.dial});
    return;
  }
  if (x.connection == nullptr) {
    dials_.erase(i);
    step(mesh::dial_failed{note.dial, x.why.message, x.why.code});
    return;
  }
  const auto state = x.connection->state;
  if (!setup_.gate->watch(state)) {
    dials_.erase(i);
    step(mesh::dial_failed{note.dial,
                           "there are connections enough to it, or to one that CAF takes for it",
                           errc::limit_reached});
    return;
  }
  compat::request(this, setup_.broker, setup_.greeting_timeout,
                  connect_message(system(), *x.connection, i->second, setup_.guard))
      .then(
          [this, dial = note.dial](const caf::node_id& node, const caf::strong_actor_ptr& who,
                                   const std::set<std::string>&) { on_connected(dial, node, who); },
          [this, dial = note.dial, state](const caf::error& e) {
            state->cut();
            if (dials_.erase(dial) != 0 && !stopped_)
              step(mesh::dial_failed{dial, "it is a node of ours, but CAF got no connection ("
                                               + to_string(e) + ")"});
          });
}

void endpoint::on_connected(std::uint64_t dial, const caf::node_id& node,
                            const caf::strong_actor_ptr& who) {
  if (dials_.erase(dial) == 0 || stopped_) return;
  if (!who || node == system().node()) {
    step(mesh::dial_failed{dial, "it is a node of ours, but its endpoint has ended"});
    return;
  }
  step(mesh::dial_done{dial, channel_of(who)});
}

/// Any host that can reach the port can cause refusals, in any number. All are counted;
/// equal ones are reported seldom, and the number of reports is limited.
void endpoint::on_gate_refused(const cluster_event& x) {
  ++stats_.handshakes_refused;
  if (now() - refusals_since_ >= setup_.mesh.say_again) {
    refusals_since_ = now();
    refusals_told_ = 0;
  }
  if (stopped_ || refusals_told_ >= most_refusals_told
      || !refusals_.news(x.address + " " + x.text, {}, now()))
    return;
  ++refusals_told_;
  tell(x);
}

// -- channels ------------------------------------------------------------------------

endpoint::channel_id endpoint::channel_of(const caf::strong_actor_ptr& who) {
  const auto [i, is_new] = channels_.try_emplace(who.get(), 0);
  if (is_new) {
    i->second = ++last_channel_;
    auto handle = caf::actor_cast<caf::actor>(who);
    // If the actor has ended already, the down message arrives at once.
    auto watch = compat::monitor(this, handle, down_handler_);
    remotes_.emplace(i->second, peer_handle{std::move(handle), std::move(watch), {}});
  }
  return i->second;
}

void endpoint::forget(channel_id channel) {
  const auto i = remotes_.find(channel);
  if (i == remotes_.end()) return;
  end_resolves(channel);
  i->second.watch.dispose();
  channels_.erase(caf::actor_cast<handle_key>(i->second.handle));
  remotes_.erase(i);
}

// -- what comes in -------------------------------------------------------------------

void endpoint::on_bytes(std::string& bytes) {
  const auto& from = current_sender();
  if (!from || from->node() == system().node()) {
    ++stats_.dropped_unknown;
    if (!from) on_crossed(bytes);
    return;
  }
  if (mesh_ != nullptr) {
    on_packet(from, bytes);
  } else if (early_.size() < most_early && !stopped_) {
    early_.emplace_back(from, std::move(bytes));
  }
}

/// Handles a hello without a sender. Two nodes that dial each other at one moment may each
/// prefer the connection that it made itself. CAF then receives messages but knows no
/// sender, as long as both connections exist. So both are closed.
void endpoint::on_crossed(const std::string& bytes) {
  const auto packet = open_packet(bytes);
  if (stopped_ || packet.kind != packet_kind::hello) return;
  const auto x = decode_hello(packet.body);
  if (x.code != errc::none) return;
  setup_.gate->cut_all(x.hello.node);
  on_gate_refused({cluster_event_kind::refused, printable(x.hello.node), printable(x.hello.address),
                   errc::unreachable,
                   "its connection and ours crossed: both are closed, and made anew"});
}

void endpoint::on_packet(const caf::strong_actor_ptr& from, std::string& bytes) {
  if (stopped_) return;
  const auto packet = open_packet(bytes);
  // Frames and dispatches are accepted over links only, and have other limits.
  const bool of_links = packet.kind == packet_kind::frame || packet.kind == packet_kind::dispatch
                        || packet.kind == packet_kind::dispatch_done;
  if (!of_links && !may_say(from, packet)) {
    ++stats_.dropped_unknown;
    return;
  }
  const auto i = channels_.find(from.get());
  if (i != channels_.end()) {
    if (packet.kind == packet_kind::frame)
      on_frame(i->second, bytes);
    else if (packet.kind == packet_kind::dispatch)
      on_dispatch(i->second, bytes);
    else if (packet.kind == packet_kind::dispatch_done)
      on_dispatch_done(i->second, packet.body);
    else
      step(mesh::received{i->second, packet.kind, packet.body});
    return;
  }
  // From an unknown channel only a hello is accepted: the machine keeps the channel, or
  // forgets it at once.
  if (packet.kind == packet_kind::hello)
    step(mesh::received{channel_of(from), packet.kind, packet.body});
  else
    ++stats_.dropped_unknown;
}

/// Checks the rate limit of the process, and that a hello has the name that the process
/// greeted with (and that its certificate contains, with TLS).
bool endpoint::may_say(const caf::strong_actor_ptr& from, const opened_packet& packet) {
  const auto process = to_string(from->node());
  const auto allowed = meter_.take(process, packet.kind, now());
  const auto refuse = [&](const std::string& name, const std::string& why) {
    on_gate_refused(
        {cluster_event_kind::refused, printable(name, 64), {}, errc::limit_reached, why});
  };
  if (allowed == mesh::packet_meter::verdict::cut) {
    const auto name = setup_.gate->name_of(process);
    setup_.gate->cut_all(name);
    refuse(name, "it says too much besides frames: its connections are cut");
  }
  if (allowed != mesh::packet_meter::verdict::ok) return false;
  if (packet.kind != packet_kind::hello && packet.kind != packet_kind::welcome
      && packet.kind != packet_kind::update)
    return true;
  const auto x = decode_hello(packet.body);
  if (x.code != errc::none) return true; // the machine reports it
  const auto name = setup_.gate->name_of(process);
  if (x.hello.node == name) return true;
  refuse(name, "it says hello by another name than the one that it greeted with");
  return false;
}

/// Limits the reports that peers can cause with ever new texts.
bool endpoint::may_tell() {
  if (now() - told_since_ >= setup_.mesh.say_again) {
    told_since_ = now();
    told_ = 0;
  }
  return ++told_ <= most_told;
}

void endpoint::on_frame(channel_id channel, std::string& bytes) {
  if (!mesh_->heard(channel, now())) {
    ++stats_.dropped_unknown;
    return;
  }
  const auto x = decode_envelope(std::string_view{bytes}.substr(1));
  if (x.code != errc::none) {
    ++stats_.dropped_unknown;
    return;
  }
  const auto node = mesh_->node_of(channel);
  if (!blocked_.empty()) {
    const auto b = blocked_.find(node);
    if (b != blocked_.end() && b->second.in) {
      ++stats_.dropped_blocked;
      return;
    }
  }
  const auto* shard = find_shard(x.envelope.tracker, x.envelope.shard);
  if (shard == nullptr) {
    ++stats_.dropped_no_shard;
    return;
  }
  ++stats_.frames_in;
  stats_.bytes_in += x.envelope.payload.size();
  frame_received out{std::string{node}, {}};
  // The payload is usually at the end: then it is not copied.
  const auto at = static_cast<std::size_t>(x.envelope.payload.data() - bytes.data());
  const auto size = x.envelope.payload.size();
  bytes.resize(at + size);
  bytes.erase(0, at);
  out.bytes = std::move(bytes);
  compat::send(this, *shard, std::move(out));
}

} // namespace rollcall::cluster
