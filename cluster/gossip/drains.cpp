// Draining nodes and leases: our own drain, drains of peers, and lives that ended while
// their presences may still come back (crdt/view.hpp).
#include "base/canary.hpp"
#include "cluster/gossip/impl.hpp"
#include "crdt/slice.hpp"

#include <algorithm>
#include <utility>

namespace rollcall::cluster {

void gossip::impl::on(const op_drain& e) {
  if (e.lease <= instant{0} || e.lease > opt.permdown_period) {
    out.code = errc::bad_lease;
    return;
  }
  const auto until = now + e.lease;
  drain = drain ? std::min(*drain, until) : until;
  st.set_leaving(st.self(), true);
  wake_for_lease(*drain);
  flush(false); // earlier joins must reach the peers before the drain
  announce();
  changed = true;
}

void gossip::impl::wake_for_lease(instant until) {
  if (!next_lease || until < *next_lease) next_lease = until;
}

/// The rest of our lease, as frames carry it.
std::optional<instant> gossip::impl::drain_left() const {
  if (!drain) return std::nullopt;
  return std::max(instant{0}, *drain - now);
}

/// The lease is cut to permdown_period: a replica must not be shown for longer than its
/// end is remembered.
void gossip::impl::hear_of_drain(peer_life& life, instant left) {
  const auto until = now + std::min<instant>(left, opt.permdown_period);
  life.lease = life.lease ? std::min(*life.lease, until) : until;
  if (life.lease_over) return;
  st.set_leaving(life.id, true);
  wake_for_lease(*life.lease);
}

/// Returns until when the presences of a life that ended stay shown: until the end of
/// its lease if it was draining; for the grace of a lost link if the node started again
/// and was shown. None: they leave now.
std::optional<instant> gossip::impl::lease_of_ended(const peer& p, leave_reason why) const {
  const auto& life = *p.life;
  if (life.lease) {
    if (life.lease_over || (why == leave_reason::node_left && canary(bug::bye_ends_lease)))
      return std::nullopt;
    return life.lease;
  }
  if (why != leave_reason::superseded || !life.up || !opt.link_grace || canary(bug::restart_drops))
    return std::nullopt;
  // A deadline in the past means that this node stood still and did not check it.
  const auto lost = p.link.deadline.value_or(now);
  return lost > now ? lost : now + *opt.link_grace;
}

void gossip::impl::check_leases() {
  if (!next_lease || now < *next_lease) return;
  next_lease.reset();
  if (canary(bug::lease_never_ends)) return;
  const auto over = [&](instant until) {
    if (until > now) wake_for_lease(until);
    return until <= now;
  };
  if (drain && !drained) drained = over(*drain);
  for (auto& [name, p] : peers) {
    if (!p.life || !p.life->lease || p.life->lease_over) continue;
    p.life->lease_over = over(*p.life->lease);
    if (!p.life->lease_over) continue;
    st.set_visible(p.life->id, false,
                   p.life->up ? leave_reason::node_left : leave_reason::node_down);
    sweep_now = true;
  }
  std::erase_if(lingering, [&](const ended_life& x) {
    if (!over(x.until)) return false;
    st.drop(x.id, x.why);
    return sweep_now = true;
  });
}

/// Our lease is over and this node still runs: presences that no other node took over
/// leave.
bool gossip::impl::has_drained_presences() const {
  return drained && !st.find(st.self())->living.empty();
}

void gossip::impl::drop_drained_piece() {
  crdt::changes did;
  std::vector<std::uint64_t> actors;
  st.untrack_any(std::max<std::size_t>(1, opt.limits.batch), leave_reason::node_left, did, actors);
  report_changes(std::move(did));
  for (auto actor : actors)
    if (st.table().count_of_actor(actor) == 0) {
      std::erase_if(untracks, [&](const untracking& x) { return x.actor == actor; });
      out.untracked.push_back(actor);
    }
}

} // namespace rollcall::cluster
