// What a frame of another node does.
#include "base/canary.hpp"
#include "cluster/gossip/impl.hpp"
#include "crdt/slice.hpp"

#include <algorithm>
#include <utility>

namespace rollcall::cluster {

namespace {

const crdt::clock_value* find(const clock_list& list, const replica_id& who) {
  for (auto& [id, clock] : list)
    if (id == who) return &clock;
  return nullptr;
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
  check_name_conflict(f);
  if (f.from.name == st.self().name) return;
  auto* p = admit(f);
  if (!p) return;
  // Acknowledgement: a pull says all that it has, so whatever is under way to
  // it no longer counts.
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

peer* gossip::impl::admit(const frame& f) {
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
  i = peers.try_emplace(name).first;
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

/// A frame of a lower incarnation than one that we hold or remember: a dead
/// life, or a living one whose host's clock went back. It is told, at most once
/// a period, and takes a life above (rule "bump").
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
  const bool whole = merge_some(f, at);
  auto& life = *p.life;
  for (auto& d : f.deltas)
    if (auto r = std::get_if<crdt::range>(&d.what); r && d.slice == f.from)
      life.announced_clock = std::max(life.announced_clock, r->b);
  if (f.full_clocks) p.pull.heard(ahead_of_us(f));
  if (!f.deltas.empty() && p.flow.received(bytes.size(), opt.limits.max_outstanding_bytes)
      && p.link.up) {
    p.flow.told_clocks();
    box.send(f.from.name, heartbeat_to(p));
  }
  whole ? merged(p, f, at.moved) : keep_pending(p, bytes, at);
}

void gossip::impl::on_state(peer& p, const frame& f, std::string_view bytes) {
  if (p.pending) return; // the next frame is asked for when that one is merged
  merge_position at;
  merge_some(f, at) ? merged(p, f, at.moved) : keep_pending(p, bytes, at);
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
  // Rule "recheck": what came between the cut of the answer and its end is a
  // gap still, and only a later frame would show it. Never after an answer that
  // brought nothing: who cannot help would be asked for ever.
  const bool worth = p.pull.finish();
  if (worth && any_gap() && !canary(bug::recheck)) pull(p);
}

bool gossip::impl::merge_some(const frame& f, merge_position& at) {
  if (canary(bug::hearsay))
    for (auto& [who, clock] : f.clocks)
      if (auto i = peers.find(who.name); i != peers.end() && i->second.holds(who))
        i->second.life->heard = now;
  auto budget = std::max<std::size_t>(1, opt.limits.batch);
  for (; at.next < f.deltas.size() && budget > 0; ++at.next, at.done = 0) {
    auto& d = f.deltas[at.next];
    // Unknown, ended, or our own, where nobody else writes.
    if (d.slice == st.self() || !st.holds(d.slice)) continue;
    const auto did = st.merge(d, budget, at.done, report_of(d.slice));
    stats.merges += did.applied;
    at.moved |= did.moved;
    if (did.moved)
      if (auto i = peers.find(d.slice.name); i != peers.end()) count_clock(i->second);
    budget -= std::min(budget, did.gone);
    if (did.more) return false;
  }
  return at.next == f.deltas.size();
}

void gossip::impl::compare(peer& p, const frame& f) {
  if (!f.digest) return;
  p.differs = *f.digest != digest.value();
  if (!p.differs) p.pull.heard({}); // it knows what we know
}

/// A copy at the owner's own clock has the owner's sum. If not, something is wrong
/// that the protocol cannot see: the copy is pulled anew, and nobody else is
/// disturbed.
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

/// Of each peer one frame at a time: of another one the rest is lost, as frames
/// may be. (That is one that it pushed; what we pull comes one by one.)
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
  if (!merge_some(p.pending->what, p.pending->at)) return merging.push_back(name);
  const auto all = std::move(p.pending);
  merged(p, all->what, all->at.moved);
}

/// The clocks of a heartbeat that tell of something we lack, or may lack once
/// we hold that replica; ascending.
clock_list gossip::impl::ahead_of_us(const frame& f) const {
  clock_list ahead;
  for (auto& [who, clock] : f.clocks) {
    if (who.name == st.self().name) continue;
    const auto* copy =
        static_cast<const crdt::remote_slice*>(st.find(who)); // not our own: see above
    if (!copy || copy->prefix < clock) ahead.emplace_back(who, clock);
    if (ahead.size() >= opt.limits.max_replicas) break;
  }
  std::sort(ahead.begin(), ahead.end());
  return ahead;
}

// -- pulls --------------------------------------------------------------------

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
  f.clocks = clocks();
  f.at = std::move(at);
  box.send(p.life->id.name, f);
}

void gossip::impl::on_pull(peer& p, const frame& f) {
  if (!p.link.up) return;
  frame reply;
  reply.kind = frame_kind::state;
  reply.from = st.self();
  const bool goes_on = f.at && p.reply && p.reply->id() == f.at->answer
                       && p.reply->cut(f.at->k, st, opt.limits, reply, now);
  // It asks to go on with an answer whose place a later one took, of which it
  // was given the first frame only: that one again, not a third answer. Else
  // each of two that are under way would be given up for the other, for ever.
  const bool again = !goes_on && f.at && p.reply && crdt::begun_after(p.reply->id(), f.at->answer)
                     && p.reply->cut(0, st, opt.limits, reply, now);
  if (!goes_on && !again) {
    p.reply.emplace(crdt::answer_id{st.self(), ++answer_no}, st, f.clocks, f.from.name);
    if (!p.reply->cut(0, st, opt.limits, reply, now)) return p.reply.reset();
  }
  box.send(f.from.name, reply);
}

} // namespace rollcall::cluster
