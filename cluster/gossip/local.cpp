// Local operations, the flush that pushes them, and lives of our own.
#include "base/canary.hpp"
#include "cluster/gossip/room.hpp"

#include <algorithm>
#include <limits>
#include <utility>

namespace rollcall::cluster {

namespace {

auto of(std::uint64_t actor) {
  return [actor](const auto& x) { return x.actor == actor; };
}

} // namespace

// -- operations ---------------------------------------------------------------

void gossip::impl::on(const op_track& e) {
  if (drain) {
    out.code = errc::draining;
    return;
  }
  finish_untracks(e.actor);
  auto did = reuse_changes_buffer();
  out.code = with_room(e.topic, [&] { return st.track(e.topic, e.key, e.actor, e.meta, did); });
  if (out.code != errc::none) return;
  out.ref = rollcall::ref{st.self().inc, st.clock()};
  report_changes(std::move(did));
}

void gossip::impl::on(const op_update& e) {
  finish_untracks(e.actor);
  auto did = reuse_changes_buffer();
  out.code = st.update(e.topic, e.key, e.actor, e.meta, did);
  if (out.code != errc::none) return;
  out.ref = rollcall::ref{st.self().inc, st.clock()};
  out.prev_ref = st.table().view(did.back().what).prev_ref();
  report_changes(std::move(did));
}

void gossip::impl::on(const op_restore& e) {
  finish_untracks(e.actor);
  crdt::birth b;
  b.topic = e.topic;
  b.key = e.key;
  b.actor = e.actor;
  b.meta = e.meta;
  b.ref = e.ref;
  b.prev_ref = e.prev_ref;
  crdt::changes did;
  out.code = with_room(e.topic, [&] { return st.restore(b, did); });
  if (out.code != errc::none) return;
  restored = true;
  out.ref = e.ref;
  out.prev_ref = e.prev_ref;
  // A restored life is announced as a whole: its first presence does not flush at once.
  report_changes(std::move(did));
  if (std::exchange(flush_now, false)) wake_at = now + flush_window();
}

void gossip::impl::on(const op_untrack& e) {
  auto did = reuse_changes_buffer();
  const auto code = st.untrack(e.topic, e.key, e.actor, did);
  if (code == errc::none) report_changes(std::move(did));
  if (code != errc::nopresence) out.code = code; // untracking an absent presence is no error
}

void gossip::impl::on(const op_untrack_all& e) {
  auto budget = std::max<std::size_t>(1, opt.limits.batch);
  untrack_some({e.actor, leave_reason::untracked}, budget);
}

void gossip::impl::on(const op_actors_gone& e) {
  if (drain) return; // their connections end because we drain: no leave before the lease ends
  auto budget = std::max<std::size_t>(1, opt.limits.batch);
  for (auto actor : e.actors) untrack_some({actor, leave_reason::ended}, budget);
}

/// Untracks as many of the actor's presences as the budget allows; the rest is queued.
void gossip::impl::untrack_some(untracking x, std::size_t& budget) {
  crdt::changes did;
  const bool done = st.untrack_all(x.actor, budget, did, x.why);
  budget -= std::min(budget, did.size());
  report_changes(std::move(did));
  if (done) {
    if (!untracks.empty()) std::erase_if(untracks, of(x.actor));
    out.untracked.push_back(x.actor);
  } else if (std::none_of(untracks.begin(), untracks.end(), of(x.actor))) {
    untracks.push_back(x);
  }
}

void gossip::impl::untrack_piece() {
  auto budget = std::max<std::size_t>(1, opt.limits.batch);
  while (!untracks.empty() && budget > 0) untrack_some(untracks.front(), budget);
}

/// The actor tracks again while its earlier presences are still being untracked: they
/// must go first, so that the new one stays.
void gossip::impl::finish_untracks(std::uint64_t actor) {
  const auto i = std::find_if(untracks.begin(), untracks.end(), of(actor));
  if (i == untracks.end()) return;
  crdt::changes did;
  st.untrack_all(actor, std::numeric_limits<std::size_t>::max(), did, i->why);
  untracks.erase(i);
  out.untracked.push_back(actor);
  report_changes(std::move(did));
}

void gossip::impl::report_changes(crdt::changes did) {
  if (did.empty()) return;
  if (drain) only_seen(did);
  auto& all = report_of(st.self());
  if (all.empty())
    all = std::move(did);
  else
    all.insert(all.end(), did.begin(), did.end());
  if (wake_at) return;
  // The flush window opens after a change: the first change after a quiet window goes
  // out at once, and later ones within the window are gathered.
  if (window_ends && now < *window_ends)
    wake_at = *window_ends;
  else
    flush_now = true;
}

/// Keeps only the changes that readers see, for the report.
void gossip::impl::only_seen(crdt::changes& did) {
  for (const auto& c : did)
    if (st.table().view(c.what).replica().name == st.self().name) out.own_changes.push_back(c);
  std::erase_if(did, [](const crdt::change& c) { return !c.seen; });
}

// -- the flush ----------------------------------------------------------------

void gossip::impl::on(const timer_due&) {
  flush(false);
  check_graces();
  check_leases();
}

/// The flush window: flush_interval, or longer if a frame per peer and window would
/// exceed max_frames_per_second.
instant gossip::impl::flush_window() const {
  const auto up = std::count_if(peers.begin(), peers.end(),
                                [](const auto& x) { return x.second.link.up && x.second.up(); });
  const auto most = static_cast<std::int64_t>(opt.max_frames_per_second);
  return std::max(instant{opt.flush_interval}, instant{up * 1000 / most});
}

/// Closes the open delta (flushed, clock] and pushes it. It is encoded once and sent to
/// every peer that is up. The next delta always starts where this one ended.
bool gossip::impl::flush(bool tick) {
  wake_at.reset();
  flush_now = false;
  const auto a = flushed, b = st.clock();
  if (a == b) return false;
  flushed = b;
  flushed_sum = st.audit_sum(st.self());
  count_own_clock();
  window_ends = now + flush_window();
  changed = true; // rule "echo": see the tick
  silent = 0;

  auto takes_deltas = [](const peer& p) { return p.link.up && p.up(); };
  const bool wanted = std::any_of(peers.begin(), peers.end(),
                                  [&](const auto& x) { return takes_deltas(x.second); });
  const auto cut = wanted ? cut_open_delta(a) : cut_frames{};
  const bool too_large = wanted && cut.frames.empty(); // all peers pull it, without waiting
  std::vector<std::string_view> deltas_to, bare_to;
  for (auto& [name, p] : peers) {
    if (!p.link.up) continue;
    if (p.up() && !cut.frames.empty()
        && (canary(bug::over_account) || p.flow.fits(cut.bytes, peer_window))) {
      p.flow.sent(b, cut.bytes);
      deltas_to.push_back(name);
    } else if (tick || !p.life || (too_large && p.up())) {
      bare_to.push_back(name);
    }
  }
  for (auto& bytes : cut.frames)
    for (auto to : deltas_to) box.send(to, frame_kind::heartbeat, bytes);
  if (bare_to.empty()) return true;
  // Peers that are behind, down or unknown get the clocks only, and will pull.
  const auto bare = outbox::pack(heartbeat());
  for (auto to : bare_to) box.send(to, frame_kind::heartbeat, bare);
  return true;
}

/// Cuts (a, clock] into frames. Returns none if they exceed the send window of a peer:
/// then only the clocks go out, and each peer pulls at its own pace.
gossip::impl::cut_frames gossip::impl::cut_open_delta(crdt::clock_value a) {
  cut_frames cut;
  const crdt::answer_id id{st.self(), ++answer_no};
  auto e = st.begin_answer(st.self(), a);
  while (!st.done(e)) {
    auto piece = st.next_piece(e, id, cutting.max_frame_presences, cutting.max_frame_bytes);
    if (!piece) return {};
    if (canary(bug::late_range))
      if (auto* whole = std::get_if<crdt::range>(&piece->what);
          whole && whole->a == a && !whole->adds.empty() && whole->adds.front().dot == a + 1)
        whole->adds.erase(whole->adds.begin());
    const bool last = st.done(e);
    frame f;
    if (last) {
      f = heartbeat();
    } else {
      f.kind = frame_kind::heartbeat;
      f.from = st.self();
      // A frame announces no more than it and its predecessors carry: otherwise the
      // first of several would look like a gap and cause a pull. It announces no less
      // than was announced before, although parts begin again at the first dot.
      f.clocks = {{st.self(), std::max(a, e.cursor)}};
    }
    f.deltas.push_back(std::move(*piece));
    cut.frames.push_back(outbox::pack(f));
    cut.bytes += cut.frames.back()->size();
    if (cut.bytes > peer_window) return {};
  }
  return cut;
}

// -- lives of our own ---------------------------------------------------------

/// Rule "bump": a node that hears its own name with a higher incarnation begins a life
/// above it. Otherwise, after the host's clock went back, all others would take the new
/// life for an old one and never show it.
void gossip::impl::check_name_conflict(const frame& f, std::uint64_t wall_us) {
  const auto& self = st.self();
  const replica_id* above = f.from.name == self.name && f.from.inc > self.inc ? &f.from : nullptr;
  for (auto& [who, clock] : f.clocks)
    if (who.name == self.name && who.inc > self.inc && (!above || above->inc < who.inc))
      above = &who;
  if (!above || canary(bug::bump)) return;
  constexpr auto top = std::numeric_limits<std::uint64_t>::max();
  // No peer may drive us so far ahead that others refuse us.
  const bool believable = wall_us == 0 || canary(bug::future_lives)
                          || above->inc.start_us <= wall_us + max_ahead_us - 2 * hour_us;
  stats.lives_refused += !believable;
  if (believable && above->inc.start_us < top && ended.may_be_reborn(now)) {
    be_reborn(above->inc);
  } else if (!conflict_told || now - *conflict_told >= opt.broadcast_period) {
    // Two living nodes of one name would rise above each other for ever. Keep the
    // current life for now, and report the conflict.
    conflict_told = now;
    note(replica_change::name_conflict, *above);
  }
}

void gossip::impl::be_reborn(const incarnation& above) {
  const auto old = st.self();
  crdt::changes leaves, joins;
  // The last rebirth that need not wait leaps ahead: delayed frames may name one former
  // life of ours after the other, each higher than the one before, and a peer that
  // remembers the highest would ignore us.
  constexpr auto top = std::numeric_limits<std::uint64_t>::max();
  const auto leap = ended.was_last_rebirth() ? std::min(hour_us, top - above.start_us) : 1;
  st.rebirth({old.name, {above.start_us + leap, old.inc.salt}}, leaves, joins);
  if (drain) {
    only_seen(leaves);
    only_seen(joins);
  }
  report_of(old) = std::move(leaves);
  report_of(st.self()) = std::move(joins);
  flushed = 0;
  // Peers ignore frames of the old life from now on, so its answers, bytes under way and
  // pulls are void.
  for (auto& [name, p] : peers) {
    p.flow.clear();
    p.reply.reset();
    p.pull.abandon();
  }
  flushed_sum = 0;
  count_own_clock();
  ++stats.rebirths;
  note(replica_change::reborn, st.self());
  if (!flush(true)) announce();
}

// -- the end ------------------------------------------------------------------

void gossip::impl::on(const flip_a_bit& e) {
  if (!st.flip_a_bit(e.topic, e.key)) out.code = errc::nopresence;
}

void gossip::impl::on(const say_bye&) {
  flush(false);
  frame f;
  f.kind = frame_kind::bye;
  f.from = st.self();
  f.drain = drain_left();
  const auto bytes = outbox::pack(f);
  for (auto& [name, p] : peers)
    if (p.link.up) box.send(name, frame_kind::bye, bytes);
  closed = true;
}

} // namespace rollcall::cluster
