// Incoming frames.
#include "base/canary.hpp"
#include "cluster/gossip/impl.hpp"
#include "crdt/slice.hpp"

#include <algorithm>
#include <bit>
#include <utility>

namespace rollcall::cluster {

namespace {

const crdt::clock_value* find(const clock_list& list, const replica_id& who) {
  for (auto& [id, clock] : list)
    if (id == who) return &clock;
  return nullptr;
}

/// The most merge steps that a frame of so many bytes may take. A lawful frame takes a
/// few for each birth, death and interval in it.
std::uint64_t max_merge_steps(std::size_t bytes) {
  return 65'536 + 4 * std::uint64_t{bytes} * static_cast<std::uint64_t>(std::bit_width(bytes));
}

} // namespace

void gossip::impl::on(const frame_in& e) {
  auto in = decode(e.bytes, opt.limits);
  const bool unknown = in.unknown_kind || in.code == errc::unknown_version;
  const auto slot = in.code == errc::none && !unknown ? static_cast<std::size_t>(in.frame.kind) : 0;
  if (unknown)
    ++stats.frames_unknown;
  else
    ++stats.frames_in[slot];
  stats.bytes_in[slot] += e.bytes.size();
  if (slot == 0) return;

  const auto& f = in.frame;
  if (!e.link.empty() && f.from.name != e.link && !canary(bug::forged)) {
    ++stats.frames_forged;
    return;
  }
  check_name_conflict(f, e.wall_us);
  if (f.from.name == st.self().name || from_the_future(f, e.wall_us)) return;
  auto* p = admit(f, !e.link.empty());
  if (!p) return;
  if (f.clock_ahead) hear_of_our_clock(f);
  // Acknowledgement. A pull names all clocks that the peer has, so bytes under way to it
  // no longer count.
  if (f.kind == frame_kind::pull)
    p->flow.clear();
  else if (auto clock = find(f.clocks, st.self()))
    p->flow.acknowledged(*clock);
  if (auto clock = find(f.clocks, f.from))
    p->life->announced_clock = std::max(p->life->announced_clock, *clock);

  switch (f.kind) {
  case frame_kind::heartbeat:
    return on_heartbeat(*p, f, e.bytes);
  case frame_kind::state:
    return on_state(*p, f, e.bytes);
  case frame_kind::pull:
    return on_pull(*p, f);
  case frame_kind::bye:
    return; // admit has done it
  }
}

// -- lives --------------------------------------------------------------------

peer* gossip::impl::admit(const frame& f, bool by_link) {
  const auto& [name, inc] = f.from;
  auto i = peers.find(name);
  const auto over = ended.ended(name);
  const auto* life = i != peers.end() && i->second.life ? &*i->second.life : nullptr;
  const auto known = std::max(over.value_or(incarnation{}), life ? life->id.inc : incarnation{});
  const bool stale = inc < known && !canary(bug::stale_life);
  if (stale || (over && inc == *over)) { // rule "ended"
    if (inc < known && f.kind != frame_kind::bye && i != peers.end()) correct(i->second, f, known);
    return nullptr;
  }
  if (life && life->id.inc != inc) { // superseded: final
    drop(i, true, leave_reason::superseded);
    life = nullptr;
  }
  if (f.kind == frame_kind::bye) {
    if (life) {
      if (f.drain) hear_of_drain(*i->second.life, *f.drain);
      drop(i, true, leave_reason::node_left);
    }
    ended.end(f.from, now);
    return nullptr;
  }
  i = peers.find(name); // it may have been dropped just now
  if (i == peers.end()) {
    if (!place_for_link()) return nullptr;
    i = peers.try_emplace(name).first;
    if (links_missed && by_link) i->second.link.up = true;
  }
  auto& p = i->second;
  if (!p.up()) {
    if (!come_up(p, f)) {
      forget_if_empty(name);
      return nullptr;
    }
    greet(*i);
  }
  p.life->heard = now;
  if (f.drain) {
    hear_of_drain(*p.life, *f.drain);
  } else if (p.link.up && !p.life->lease && st.leaving(f.from)) { // its link is back in time
    st.set_leaving(f.from, false);
    sweep_now = true;
  }
  return &p;
}

/// Returns true if the sender's life begins too far ahead of our wall clock, and tells
/// it so by a heartbeat: either clock may be the wrong one.
bool gossip::impl::from_the_future(const frame& f, std::uint64_t wall_us) {
  if (wall_us == 0 || f.from.inc.start_us <= wall_us + max_ahead_us || canary(bug::future_lives))
    return false;
  ++stats.lives_refused;
  const auto i = peers.find(f.from.name);
  if (i == peers.end()) return true;
  auto& p = i->second;
  if (p.refused != f.from.inc) {
    p.refused = f.from.inc;
    note(replica_change::clock_ahead, f.from);
  }
  if (p.link.up && (!p.corrected || now - *p.corrected >= opt.broadcast_period)) {
    p.corrected = now;
    auto h = full_heartbeat();
    h.clock_ahead = true;
    box.send(f.from.name, h);
  }
  return true;
}

void gossip::impl::hear_of_our_clock(const frame&) {
  if (ahead_told && now - *ahead_told < opt.permdown_period) return;
  ahead_told = now;
  note(replica_change::clock_ahead, st.self());
}

/// Answers a frame of a lower incarnation than the known one: the sender is a dead life,
/// or a living node whose host's clock went back. A living one then begins a higher life
/// (rule "bump"). At most once per period.
void gossip::impl::correct(peer& p, const frame& f, const incarnation& known) {
  if (!p.link.up || canary(bug::bump)) return;
  if (p.corrected && now - *p.corrected < opt.broadcast_period) return;
  p.corrected = now;
  auto h = heartbeat();
  replica_id higher{f.from.name, known};
  if (!find(h.clocks, higher)) h.clocks.emplace_back(std::move(higher), 0);
  box.send(f.from.name, h);
}

// -- heartbeats and states ----------------------------------------------------

void gossip::impl::on_heartbeat(peer& p, const frame& f, std::string_view bytes) {
  merge_position at;
  const bool whole = merge_some(p, f, bytes.size(), at);
  auto& life = *p.life;
  for (auto& d : f.deltas)
    if (auto r = std::get_if<crdt::range>(&d.what); r && d.slice == f.from)
      life.announced_clock = std::max(life.announced_clock, r->b);
  if (f.full_clocks) p.pull.heard(ahead_of_us(f));
  if (!f.deltas.empty() && p.flow.received(bytes.size(), peer_window) && p.link.up) {
    p.flow.told_clocks();
    box.send(f.from.name, heartbeat_to(p));
  }
  whole ? merged(p, f, at.moved) : keep_pending(p, bytes, at);
}

void gossip::impl::on_state(peer& p, const frame& f, std::string_view bytes) {
  p.pull.read(f.read_proof);
  if (p.pending) return; // the next frame is asked for when that one is merged
  merge_position at;
  merge_some(p, f, bytes.size(), at) ? merged(p, f, at.moved) : keep_pending(p, bytes, at);
}

void gossip::impl::merged(peer& p, const frame& f, bool moved) {
  if (f.kind == frame_kind::heartbeat) {
    compare(p, f);
    audit(p, f);
    if (gap(p)) pull(p);
    return;
  }
  if (!f.at || !p.pull.waits_for(*f.at)) return; // a duplicate, or given up
  p.pull.came(moved);
  if (!f.at->last) return ask(p, answer_position{f.at->answer, f.at->k + 1});
  // Rule "recheck": changes between the cut of the answer and its last frame may be a
  // gap now, which only a later frame would show. Not after an answer that brought
  // nothing: a peer that cannot help would be asked for ever.
  const bool worth = p.pull.finish();
  if (worth && may_help(p) && !canary(bug::recheck)) pull(p);
}

/// A relay's part of a slice counts only while the owner is up and does not answer us,
/// and we lack something that the owner announced. So no relay can interfere between two
/// nodes that hear each other.
bool gossip::impl::listens_to_relays(const crdt::delta& d) const {
  if (canary(bug::relay_word)) return true;
  if (!std::holds_alternative<crdt::part>(d.what)) return canary(bug::relay_ranges);
  const auto i = peers.find(d.slice.name);
  return i != peers.end() && i->second.holds(d.slice) && !answers(i->second) && lacks(i->second);
}

/// Merges as much as a step may. Returns true if the whole frame is merged.
bool gossip::impl::merge_some(peer& p, const frame& f, std::size_t bytes, merge_position& at) {
  if (canary(bug::hearsay))
    for (auto& [who, clock] : f.clocks)
      if (auto i = peers.find(who.name); i != peers.end() && i->second.holds(who))
        i->second.life->heard = now;
  auto budget = std::max<std::size_t>(1, opt.limits.batch);
  const auto most_steps = st.merge_steps() + max_merge_steps(bytes);
  for (; at.next < f.deltas.size() && budget > 0; ++at.next, at.done = 0) {
    auto& d = f.deltas[at.next];
    // Unknown or ended replicas, and our own slice, which nobody else writes.
    if (d.slice == st.self() || !st.holds(d.slice)) continue;
    crdt::source from;
    if (d.slice == f.from) {
      from.anew = f.at && p.pull.waits_for(*f.at);
    } else {
      if (!listens_to_relays(d)) continue;
      from.owner = false;
      if (!canary(bug::relay_word))
        from.upto = peers.find(d.slice.name)->second.life->announced_clock;
    }
    const auto did = st.merge(d, budget, at.done, report_of(d.slice), from);
    stats.merges += did.applied;
    at.moved |= did.moved;
    if (did.moved)
      if (auto i = peers.find(d.slice.name); i != peers.end()) count_clock(i->second);
    budget -= std::min(budget, did.gone);
    if (!did.limit.empty()) {
      // A replica that is not up is evicted; what did not fit is a gap now, and is pulled
      // later.
      const bool room = p.up() && did.limit == "max_presences" && evict_presences();
      if (!room) keep_out(d.slice, did.limit);
    }
    if (did.more) return false;
    if (st.merge_steps() > most_steps) { // made to be expensive: the rest counts as lost
      ++stats.frames_costly;
      at.next = f.deltas.size();
      break;
    }
  }
  return at.next == f.deltas.size();
}

void gossip::impl::compare(peer& p, const frame& f) {
  if (!f.digest) return;
  p.differs = *f.digest != digest.value();
  if (!p.differs) p.pull.heard({}); // it knows what we know
}

/// A copy at the owner's clock must have the owner's sum. If it has not, something is
/// wrong that the protocol cannot see (a bug, bad memory): this copy alone is pulled
/// again.
void gossip::impl::audit(peer& p, const frame& f) {
  if (!f.sum || p.pending) return;
  const auto* clock = find(f.clocks, f.from);
  if (!clock || !st.is_exact(f.from, *clock)) return;
  if (st.audit_sum(f.from) == *f.sum) return;
  ++stats.divergences;
  note(replica_change::diverged, f.from);
  st.distrust(f.from);
  count_clock(p);
}

/// Sets a frame aside. Each peer has room for one; the rest of a second one counts as
/// lost. Only pushed frames can be second: answers come one at a time.
void gossip::impl::keep_pending(peer& p, std::string_view bytes, const merge_position& at) {
  if (p.pending) return;
  p.pending = std::make_unique<pending_merge>(pending_merge{std::string{bytes}, {}, at});
  p.pending->what = decode(p.pending->bytes, opt.limits).frame;
  const auto& name = p.life->id.name; // there still, if a life before it had one
  if (std::find(merging.begin(), merging.end(), name) == merging.end()) merging.push_back(name);
}

void gossip::impl::merge_piece() {
  const auto name = std::move(merging.front());
  merging.pop_front();
  const auto i = peers.find(name);
  if (i == peers.end() || !i->second.pending) return; // that life is gone
  auto& p = i->second;
  if (!merge_some(p, p.pending->what, p.pending->bytes.size(), p.pending->at))
    return merging.push_back(name);
  const auto all = std::move(p.pending);
  merged(p, all->what, all->at.moved);
}

/// Returns the clocks of a heartbeat that are above ours, ascending by replica.
clock_list gossip::impl::ahead_of_us(const frame& f) const {
  clock_list ahead;
  for (auto& [who, clock] : f.clocks) {
    if (who.name == st.self().name) continue;
    const auto* copy =
        static_cast<const crdt::remote_slice*>(st.find(who)); // not our own: see above
    // Replicas that we do not hold do not count, and must not use up the limit.
    if (!copy && !canary(bug::strange)) continue;
    if (!copy || copy->prefix < clock) ahead.emplace_back(who, clock);
    if (ahead.size() >= opt.limits.max_replicas) break;
  }
  std::sort(ahead.begin(), ahead.end());
  return ahead;
}

// -- pulls --------------------------------------------------------------------

/// The clocks that a pull names: our own, the peer's, and those of owners that do not
/// answer. A slice that has hearsay is asked of its owner from 0.
clock_list gossip::impl::clocks_to_pull(const peer& p) const {
  clock_list all;
  all.emplace_back(st.self(), canary(bug::flushed) ? st.clock() : flushed);
  for (auto& [name, q] : peers) {
    if (!q.up()) continue;
    const auto& id = q.life->id;
    if (&q == &p)
      all.emplace_back(id, st.hearsay(id) ? 0 : st.prefix(id));
    else if (canary(bug::relay_word) || (!answers(q) && lacks(q)))
      all.emplace_back(id, st.prefix(id));
  }
  return all;
}

/// Returns true if the peer may still have something that we lack.
bool gossip::impl::may_help(const peer& p) const {
  if (gap(p)) return true;
  return std::any_of(peers.begin(), peers.end(),
                     [&](const auto& x) { return !answers(x.second) && lacks(x.second); });
}

void gossip::impl::pull(peer& p) {
  if (!p.link.up || !p.up() || p.pending || !p.pull.may_ask(now, opt.broadcast_period)) return;
  std::optional<answer_position> at; // from the start
  if (canary(bug::lost_chunk) && (at = p.pull.waited_for())) ++at->k;
  ask(p, std::move(at));
}

void gossip::impl::ask(peer& p, std::optional<answer_position> at) {
  if (!p.link.up) return p.pull.abandon();
  p.pull.asked(now, at);
  ++stats.pulls;
  frame f;
  f.kind = frame_kind::pull;
  f.from = st.self();
  f.clocks = clocks_to_pull(p);
  f.at = std::move(at);
  f.read_proof = p.pull.read();
  box.send(p.life->id.name, f);
}

void gossip::impl::on_pull(peer& p, const frame& f) {
  if (!p.link.up) return;
  if (!p.answered.may_answer(f.read_proof, peer_window, now, opt.broadcast_period)
      && !canary(bug::over_account)) {
    ++stats.pulls_dropped;
    return;
  }
  frame reply;
  reply.kind = frame_kind::state;
  reply.from = st.self();
  const bool goes_on = f.at && p.reply && p.reply->id() == f.at->answer
                       && p.reply->cut(f.at->k, st, cutting, reply, now);
  // The peer continues an answer that a later one has replaced, of which only the first
  // frame was given: give that frame again instead of a third answer. Otherwise two
  // answers could replace each other for ever.
  const bool again = !goes_on && f.at && p.reply && crdt::begun_after(p.reply->id(), f.at->answer)
                     && p.reply->cut(0, st, cutting, reply, now);
  if (!goes_on && !again) {
    p.reply.emplace(crdt::answer_id{st.self(), ++answer_no}, st, f.clocks, f.from.name);
    if (!p.reply->cut(0, st, cutting, reply, now)) return p.reply.reset();
  }
  reply.read_proof = box.unforeseen();
  const auto bytes = outbox::pack(reply);
  p.answered.sent(bytes->size(), reply.read_proof, now);
  box.send(f.from.name, frame_kind::state, bytes);
}

} // namespace rollcall::cluster
