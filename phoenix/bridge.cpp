#include "phoenix/bridge.hpp"

#include "base/phash2.hpp"

#include <algorithm>

namespace rollcall::phoenix {

namespace {

constexpr instant forget_after = std::chrono::minutes{20}; ///< what is down for so long

/// A shard of Phoenix needs about half a millisecond for a merge into 1000 held, however
/// small the delta: it walks over all that is not its own. Two and a half for each
/// leave it four parts of five of its time.
constexpr std::int64_t held_per_ms = 400;

} // namespace

bridge::bridge(bridge_options o) : options_(std::move(o)), shards_(options_.pool_size) {}

void bridge::receive(term&& forward, instant now, bridge_actions& out) {
  if (!forward.is_tuple(4) || !forward.items[0].is_atom("forward_to_local")
      || !forward.items[1].is(term::kind::binary))
    return;
  const auto& topic = forward.items[1].text;
  const auto number = shard_of_topic(options_.tracker, topic);
  if (!number) return; // the application's own
  if (*number >= shards_.size()) {
    ++counters_.other_shard;
    return;
  }
  auto m = read_message(std::move(forward.items[2]));
  if (!m) {
    ++counters_.unreadable;
    return;
  }
  if (m->from.name == options_.self.name) {
    if (m->from.vsn == options_.self.vsn) return;
    ++counters_.name_clashes;
    out.clashes.push_back(m->from);
    return;
  }
  auto* from = hear(*number, *m, now, out);
  if (from == nullptr) return;
  switch (m->what) {
  case message::kind::heartbeat:
  case message::kind::transfer_ack:
    return take_part(*number, *from, std::move(m->part), m->clock, now, out);
  case message::kind::transfer_req:
    ++counters_.states_sent;
    return send(*number, m->from.name,
                write_transfer_ack(options_.self, m->ref, shards_[*number].own.full()), out);
  case message::kind::permdown:
    lose(*number, *from, out);
    shards_[*number].peers.erase(m->from.name);
    return;
  }
}

/// A sign of life of a replica. Returns null for what comes from an older life, or
/// from one that we do not know and that is going.
bridge::peer* bridge::hear(std::size_t number, const message& m, instant now, bridge_actions& out) {
  auto& peers = shards_[number].peers;
  auto x = peers.find(m.from.name);
  if (x != peers.end() && x->second.slice.who().vsn != m.from.vsn) {
    if (m.from.vsn < x->second.slice.who().vsn) return nullptr;
    lose(number, x->second, out);
    peers.erase(x);
    x = peers.end();
  }
  if (x == peers.end()) {
    if (m.what == message::kind::permdown) return nullptr;
    if (!has_room(shards_[number])) {
      ++counters_.over_limit;
      return nullptr;
    }
    x = peers.emplace(m.from.name, peer(m.from)).first;
  }
  auto& p = x->second;
  p.heard = now;
  if (!p.up && m.what != message::kind::permdown) {
    p.up = true;
    out.up.push_back(m.from);
    // It may be that it only had nothing to say for long.
    const auto& own = shards_[number].own;
    greet(number, m.from.name, clock_of(m, options_.self) != own.flushed(), out);
    ask(number, p, now, out);
  }
  return &p;
}

/// Makes room for a replica, if a known one is down.
bool bridge::has_room(shard& s) {
  if (s.peers.size() < limit::replicas) return true;
  const auto down =
      std::find_if(s.peers.begin(), s.peers.end(), [](const auto& x) { return !x.second.up; });
  if (down == s.peers.end()) return false;
  s.peers.erase(down);
  return true;
}

void bridge::take_part(std::size_t number, peer& p, own_part&& part,
                       std::optional<std::uint64_t> clock, instant now, bridge_actions& out) {
  const bool full = part.what == own_part::form::full;
  const auto size = p.slice.size(), lacked = full ? 0 : p.slice.lacking();
  const auto room = options_.max_presences - std::min(held_, options_.max_presences);
  const bool complete = p.slice.merge(std::move(part), size + room, next_id_, out.mirror);
  held_ += p.slice.size() - size;
  shards_[number].held += p.slice.size() - size;
  counters_.over_limit += p.slice.lacking() - lacked;
  if (full) p.waits = false;
  const bool behind = !complete || (clock && *clock > p.slice.known());
  if (behind && (!p.waits || now - p.asked >= options_.broadcast_period)) ask(number, p, now, out);
}

/// Whoever has just come up has all that is ours without asking: our heartbeat first,
/// by which it takes us for up.
void bridge::greet(std::size_t number, const std::string& node, bool with_state,
                   bridge_actions& out) {
  beat(number, node, out);
  if (!with_state || shards_[number].own.clock() == 0) return;
  ++counters_.states_sent;
  send(number, node, write_transfer_ack(options_.self, next_ref(), shards_[number].own.full()),
       out);
}

void bridge::ask(std::size_t number, peer& p, instant now, bridge_actions& out) {
  ++counters_.state_requests;
  p.waits = true;
  p.asked = now;
  const auto& who = p.slice.who();
  send(number, who.name, write_transfer_req(options_.self, next_ref(), who), out);
}

/// Its presences leave. If it comes back it is asked for all of them.
void bridge::lose(std::size_t number, peer& p, bridge_actions& out) {
  if (!p.up) return;
  p.up = false;
  p.waits = false;
  held_ -= p.slice.size();
  shards_[number].held -= p.slice.size();
  p.slice.clear(out.mirror);
  out.down.push_back(p.slice.who());
}

void bridge::link_up(const std::string& node, instant, bridge_actions& out) {
  links_.insert(node);
  lost_links_.erase(node);
  for (std::size_t i = 0; i < shards_.size(); ++i) greet(i, node, true, out);
}

void bridge::link_down(const std::string& node, instant now, bridge_actions&) {
  links_.erase(node);
  lost_links_[node] = now;
}

void bridge::put(outgoing&& x) {
  const auto number = crdt::phash2(x.topic, static_cast<std::uint32_t>(shards_.size()));
  auto [entry, added] = shard_of_.try_emplace(x.id, out_entry{number, next_pid_});
  if (added) ++next_pid_;
  // Older nodes read 15 bits of the first number.
  const erlang_pid who{options_.self.name, static_cast<std::uint32_t>(entry->second.pid & 0x7FFF),
                       static_cast<std::uint32_t>(entry->second.pid >> 15), options_.creation};
  shards_[number].own.put(x.id, pid(who), binary(x.topic), binary(x.key), std::move(x.meta));
}

void bridge::remove(const std::string& id) {
  const auto x = shard_of_.find(id);
  if (x == shard_of_.end()) return;
  shards_[x->second.shard].own.remove(id);
  shard_of_.erase(x);
}

void bridge::flush(instant now, bridge_actions& out) {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    auto& own = shards_[i].own;
    if (!own.has_delta() || now < shards_[i].next_flush) continue;
    ++counters_.deltas_sent;
    const auto delta = own.take_delta();
    send(i, "", write_heartbeat(options_.self, delta, own.clock()), out);
    const auto held = own.size() + shards_[i].held;
    shards_[i].next_flush =
        now + instant{2} + instant{static_cast<std::int64_t>(held) / held_per_ms};
  }
}

std::optional<instant> bridge::until_flush(instant now) const {
  std::optional<instant> least;
  for (const auto& s : shards_) {
    if (!s.own.has_delta()) continue;
    const auto left = std::max(instant{0}, s.next_flush - now);
    least = least ? std::min(*least, left) : left;
  }
  return least;
}

/// Some tenth of the limit is free.
bool bridge::has_room_again() const noexcept {
  return held_ <= options_.max_presences - options_.max_presences / 10;
}

void bridge::tick(instant now, bridge_actions& out) {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    auto& s = shards_[i];
    if (!s.beats || now - s.beat >= options_.broadcast_period) {
      s.beats = true;
      s.beat = now;
      beat(i, "", out);
    }
    for (auto& [name, p] : s.peers) {
      const auto lost = lost_links_.find(name);
      if (now - p.heard > options_.down_period
          || (lost != lost_links_.end() && now - lost->second > options_.link_grace
              && p.heard <= lost->second))
        lose(i, p, out);
      else if (p.up && now - p.asked >= 2 * options_.broadcast_period
               && (p.waits || (p.slice.lacking() != 0 && has_room_again())))
        ask(i, p, now, out);
    }
    std::erase_if(s.peers, [&](const auto& x) {
      return !x.second.up && now - x.second.heard > forget_after;
    });
  }
  std::erase_if(lost_links_, [&](const auto& x) { return now - x.second > forget_after; });
}

void bridge::end(bridge_actions& out) {
  for (std::size_t i = 0; i < shards_.size(); ++i) {
    send(i, "", write_permdown(options_.self), out);
    for (auto& [name, p] : shards_[i].peers) lose(i, p, out);
  }
}

void bridge::beat(std::size_t number, std::string node, bridge_actions& out) const {
  send(number, std::move(node), write_heartbeat(options_.self, {}, shards_[number].own.flushed()),
       out);
}

void bridge::send(std::size_t number, std::string node, term message, bridge_actions& out) const {
  out.send.push_back(
      {std::move(node), write_forward(shard_topic(options_.tracker, number), std::move(message))});
}

/// A reference of our node.
term bridge::next_ref() {
  ++refs_;
  std::string bytes = "Z";
  auto put = [&](std::uint64_t x, int n) {
    for (int i = n; i-- > 0;) bytes += static_cast<char>(x >> (8 * i) & 0xFF);
  };
  put(3, 2);
  encode(bytes, atom(options_.self.name));
  put(options_.creation, 4);
  put(refs_ & 0x3FFFF, 4);
  put(refs_ >> 18, 4);
  put(0, 4);
  term x;
  x.type = term::kind::other;
  x.text = std::move(bytes);
  return x;
}

std::vector<std::string> bridge::outgoing_ids() const {
  std::vector<std::string> all;
  all.reserve(shard_of_.size());
  for (const auto& [id, x] : shard_of_) all.push_back(id);
  return all;
}

} // namespace rollcall::phoenix
