// Peers: links, lives, and what we hold and lack of them.
#include "base/canary.hpp"
#include "cluster/gossip/impl.hpp"

#include <algorithm>
#include <utility>

namespace rollcall::cluster {

// -- links --------------------------------------------------------------------

void gossip::impl::on(const link_up& e) {
  if (e.node == st.self().name) return;
  auto i = peers.find(e.node);
  if (i == peers.end()) {
    if (!place_for_link()) return;
    i = peers.try_emplace(std::string{e.node}).first;
  }
  auto& p = i->second;
  p.link = {true, std::nullopt};
  // Frames under way were lost with the previous link.
  p.pull.abandon();
  p.flow.clear();
  p.answered.clear();
  greet(*i);
}

void gossip::impl::on(const link_down& e) {
  auto i = peers.find(e.node);
  if (i == peers.end() || !i->second.link.up) return;
  auto& p = i->second;
  alive.link_lost(p.link, now);
  if (!p.up()) p.link.deadline.reset();
  if (p.link.deadline) st.set_leaving(p.life->id, true);
  if (p.link.deadline && (!next_grace || *p.link.deadline < *next_grace))
    next_grace = p.link.deadline;
  p.pull.abandon();
  p.flow.clear();
  p.answered.clear();
  forget_if_empty(e.node);
}

void gossip::impl::check_graces() {
  if (!next_grace || now < *next_grace) return;
  next_grace.reset();
  for (auto& [name, p] : peers) {
    if (alive.grace_over(p.link, now) && p.up()) hide(p);
    if (p.link.deadline && (!next_grace || *p.link.deadline < *next_grace))
      next_grace = p.link.deadline;
  }
}

// -- up, down, permdown -------------------------------------------------------

bool gossip::impl::come_up(peer& p, const frame& f) {
  if (!p.life) {
    // The life comes back after permdown while its dropped slice is still being swept:
    // its joins would be reported before the leaves. The frame counts as lost.
    if (!make_room()) {
      keep_out(f.from, "max_replicas");
      return false;
    }
    if (!st.open(f.from)) return false;
    p.life.emplace();
    p.life->id = f.from;
  } else {
    p.life->up = true;
    st.set_visible(f.from, !p.life->lease_over);
    sweep_now = true;
  }
  count_clock(p);
  note(replica_change::up, f.from);
  return true;
}

void gossip::impl::hide(peer& p) {
  p.life->up = false;
  count_clock(p);
  if (!p.life->lease) { // otherwise it is shown until the lease ends
    st.set_leaving(p.life->id, false);
    st.set_visible(p.life->id, false);
  }
  sweep_now = true;
  note(replica_change::down, p.life->id);
}

void gossip::impl::drop(peer_map::iterator i, bool final, leave_reason why) {
  auto& p = i->second;
  const auto id = p.life->id;
  if (p.life->up) note(replica_change::down, id);
  if (const auto until = lease_of_ended(p, why); final && until && *until > now) {
    if (lingering.size() >= opt.limits.max_replicas) evict_lingering();
    st.linger(id);
    lingering.push_back({id, *until, why});
    wake_for_lease(*until);
  } else {
    st.drop(id, why);
  }
  sweep_now = true;
  // If the same life came back, the cursors would continue in another copy.
  for (auto& [name, q] : peers)
    if (q.reply && q.reply->speaks_of(id)) q.reply.reset();
  digest.remove(p.summand);
  p.forget_life();
  p.link.deadline.reset();
  note(replica_change::permdown, id);
  if (final) ended.end(id, now);
  forget_if_empty(id.name);
}

void gossip::impl::forget_if_empty(std::string_view name) {
  auto i = peers.find(name);
  if (i != peers.end() && !i->second.link.up && !i->second.life) peers.erase(i);
}

// -- clocks -------------------------------------------------------------------

bool gossip::impl::lacks(const peer& p) const {
  return p.up() && (st.gap_beyond(p.life->id) || p.life->announced_clock > st.prefix(p.life->id));
}

bool gossip::impl::any_gap() const {
  return std::any_of(peers.begin(), peers.end(), [this](const auto& x) { return gap(x.second); });
}

/// The clocks that we announce. Rule "flushed": our own clock goes out only as far as it
/// was flushed. Otherwise the open delta would look like a gap to all peers, and be
/// pulled before it is pushed.
clock_list gossip::impl::clocks() const {
  clock_list all;
  all.reserve(peers.size() + 1);
  all.emplace_back(st.self(), canary(bug::flushed) ? st.clock() : flushed);
  // A copy that has hearsay is not announced.
  for (auto& [name, p] : peers)
    if (p.up()) all.emplace_back(p.life->id, st.hearsay(p.life->id) ? 0 : st.prefix(p.life->id));
  return all;
}

frame gossip::impl::full_heartbeat() const {
  frame f;
  f.kind = frame_kind::heartbeat;
  f.from = st.self();
  f.clocks = clocks();
  f.full_clocks = true;
  f.digest = digest.value();
  if (!canary(bug::flushed)) f.sum = flushed_sum;
  f.drain = drain_left();
  if (canary(bug::downed_clocks))
    for (auto& [name, p] : peers)
      if (p.life && !p.up()) f.clocks.emplace_back(p.life->id, st.prefix(p.life->id));
  return f;
}

frame gossip::impl::heartbeat() const {
  frame f;
  f.kind = frame_kind::heartbeat;
  f.from = st.self();
  f.clocks = {{st.self(), canary(bug::flushed) ? st.clock() : flushed}};
  f.digest = digest.value();
  if (!canary(bug::flushed)) f.sum = flushed_sum;
  f.drain = drain_left();
  return f;
}

frame gossip::impl::heartbeat_to(const peer& p) const {
  auto f = heartbeat();
  if (p.up()) // hearsay is not acknowledged
    f.clocks.emplace_back(p.life->id, st.hearsay(p.life->id) ? 0 : st.prefix(p.life->id));
  if (canary(bug::downed_clocks))
    for (auto& [name, q] : peers)
      if (q.life && !q.up()) f.clocks.emplace_back(q.life->id, st.prefix(q.life->id));
  return f;
}

void gossip::impl::count_clock(peer& p) {
  if (p.up())
    digest.set(p.summand, p.life->id, st.prefix(p.life->id));
  else
    digest.remove(p.summand);
}

void gossip::impl::count_own_clock() { digest.set(own_summand, st.self(), flushed); }

/// Rule "greet": a peer that is new or back, or whose link came up, gets a heartbeat at
/// once. Otherwise a newcomer in an idle cluster waits for the next one.
void gossip::impl::greet(peer_map::value_type& x) {
  auto& [name, p] = x;
  if (!p.link.up || canary(bug::greet)) return;
  auto f = heartbeat_to(p);
  bool brings = restored && !std::exchange(p.greeted, true) && bring_all(f);
  auto bytes = outbox::pack(f);
  if (brings && !p.flow.fits(bytes->size(), peer_window)) {
    brings = false; // the peer pulls instead
    bytes = outbox::pack(heartbeat_to(p));
  }
  if (brings) p.flow.sent(st.clock(), bytes->size());
  box.send(name, f.kind, bytes);
  p.flow.told_clocks();
}

/// A restored life sends its presences with its first heartbeat if one frame can hold
/// them. A peer then drops the old life and has the new one in the same step, so no
/// presence is seen to leave and come back. Larger ones are pulled in pieces.
bool gossip::impl::bring_all(frame& f) {
  auto e = st.begin_answer(st.self(), 0);
  auto all = st.next_piece(e, {st.self(), ++answer_no}, cutting.max_frame_presences,
                           cutting.max_frame_bytes);
  if (!all || !st.done(e)) return false;
  // The piece includes the open delta, but the frame announces the clock of the last
  // flush: the next frame may be sent before the flush, and announces that clock.
  f.deltas.push_back(std::move(*all));
  return true;
}

} // namespace rollcall::cluster
