// What the mesh wants of the network, and what the network brings.
#include "cluster/caf_endpoint.hpp"
#include "cluster/caf_transport.hpp"
#include "cluster/envelope.hpp"

#include <cassert>
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

} // namespace

void endpoint::step(const mesh::event& x) {
  auto todo = mesh_->step(x, now());
  for (auto& one : todo) carry_out(one);
}

void endpoint::carry_out(mesh::action& x) {
  std::visit(
      overloaded{
          [this](const mesh::dial& a) { dial(a); },
          [this](mesh::send& a) {
            if (const auto i = remotes_.find(a.to); i != remotes_.end())
              compat::send(this, i->second.handle, std::move(a.bytes));
          },
          [this](const mesh::forget& a) { forget(a.channel); },
          [this](mesh::up& a) {
            tell_shards(a.node, true);
            tell({endpoint_event_kind::peer_up,
                  std::move(a.node),
                  std::move(a.address),
                  errc::none,
                  {}});
          },
          [this](mesh::down& a) {
            tell_shards(a.node, false);
            tell({endpoint_event_kind::peer_down, std::move(a.node), std::move(a.address),
                  errc::none, std::move(a.reason)});
          },
          [this](mesh::refused& a) {
            tell({endpoint_event_kind::refused, std::move(a.node), std::move(a.address), a.code,
                  std::move(a.message)});
          },
          [this](mesh::warning& a) {
            tell({endpoint_event_kind::warning, {}, {}, errc::none, std::move(a.message)});
          },
          [this](mesh::fatal& a) {
            fatal_ = endpoint_event{
                endpoint_event_kind::fatal, setup_.mesh.node, {}, a.code, std::move(a.message)};
            tell(*fatal_);
          },
      },
      x);
}

// -- dialing -------------------------------------------------------------------------

void endpoint::dial(const mesh::dial& x) {
  dials_[x.id] = x.where.port;
  // Not a strong handle: an endpoint that has ended need not be told.
  caf::weak_actor_ptr self{ctrl()};
  probes_->ask(x.where, setup_.probe_timeout, setup_.loopback_only,
               [self, id = x.id](probe_pool::answer found) {
                 if (const auto strong = self.lock())
                   compat::anon_send(caf::actor_cast<caf::actor>(strong),
                                     probe_result{id, found.reachable, std::move(found.ip),
                                                  found.own_host, std::move(found.reason)});
               });
}

void endpoint::on_probe(const probe_result& x) {
  const auto i = dials_.find(x.dial);
  if (i == dials_.end() || stopped_) return;
  if (!x.reachable) {
    dials_.erase(i);
    step(mesh::dial_failed{x.dial, x.reason});
    return;
  }
  const auto port = i->second;
  compat::request(this, setup_.manager, setup_.connect_timeout, connect_message(x.ip, port))
      .then([this, dial = x.dial, own_port = x.own_host && port == port_](
                const caf::node_id& node, const caf::strong_actor_ptr& who,
                const std::set<std::string>&) { on_connected(dial, own_port, node, who); },
            [this, dial = x.dial](const caf::error& e) {
              if (dials_.erase(dial) != 0 && !stopped_)
                step(mesh::dial_failed{dial, describe_connect_error(e)});
            });
}

void endpoint::on_connected(std::uint64_t dial, bool own_port, const caf::node_id& node,
                            const caf::strong_actor_ptr& who) {
  if (dials_.erase(dial) == 0 || stopped_) return;
  if (node == system().node()) {
    if (own_port && who == ctrl()) {
      step(mesh::dial_self{dial});
      return;
    }
    // CAF tells nodes apart by network hardware and PID. It believes that it
    // has reached itself, and gives us one of our own actors, or none.
    step(mesh::dial_failed{
        dial, "CAF takes the node there for this one: either it is our own address by another "
              "way, or two containers have the same PID and network hardware; then start one of "
              "them with an init process, so that its PID is another"});
    return;
  }
  if (!who) {
    step(mesh::dial_failed{dial, "a node of CAF is there, but no endpoint of rollcall"});
    return;
  }
  step(mesh::dial_done{dial, channel_of(who)});
}

// -- channels ------------------------------------------------------------------------

endpoint::channel_id endpoint::channel_of(const caf::strong_actor_ptr& who) {
  const auto [i, is_new] = channels_.try_emplace(who.get(), 0);
  if (is_new) {
    i->second = ++last_channel_;
    auto handle = caf::actor_cast<caf::actor>(who);
    // Of one that has died already we hear at once, by a message.
    auto watch = compat::monitor(this, handle, down_handler_);
    remotes_.emplace(i->second, peer_handle{std::move(handle), std::move(watch)});
  }
  return i->second;
}

void endpoint::forget(channel_id channel) {
  const auto i = remotes_.find(channel);
  if (i == remotes_.end()) return;
  i->second.watch.dispose();
  channels_.erase(caf::actor_cast<handle_key>(i->second.handle));
  remotes_.erase(i);
}

// -- what comes in -------------------------------------------------------------------

void endpoint::on_bytes(std::string& bytes) {
  const auto& from = current_sender();
  if (!from || from->node() == system().node()) {
    ++stats_.dropped_unknown;
    return;
  }
  if (mesh_ != nullptr) {
    on_packet(from, bytes);
  } else if (early_.size() < most_early && !stopped_) {
    early_.emplace_back(from, std::move(bytes));
  }
}

void endpoint::on_packet(const caf::strong_actor_ptr& from, std::string& bytes) {
  if (stopped_) return;
  const auto packet = open_packet(bytes);
  const auto i = channels_.find(from.get());
  if (i != channels_.end()) {
    if (packet.kind == packet_kind::frame)
      on_frame(i->second, bytes);
    else
      step(mesh::received{i->second, packet.kind, packet.body});
    return;
  }
  // From a stranger only a hello means anything: the mesh keeps the channel,
  // or has it forgotten at once.
  if (packet.kind == packet_kind::hello)
    step(mesh::received{channel_of(from), packet.kind, packet.body});
  else
    ++stats_.dropped_unknown;
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
  // The payload stands at the end as a rule: then it stays where it is.
  const auto at = static_cast<std::size_t>(x.envelope.payload.data() - bytes.data());
  const auto size = x.envelope.payload.size();
  bytes.resize(at + size);
  bytes.erase(0, at);
  out.bytes = std::move(bytes);
  compat::send(this, *shard, std::move(out));
}

} // namespace rollcall::cluster
