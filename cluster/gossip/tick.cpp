// The tick: send, compare, detect. Complexity of an idle tick: O(peers).
#include "base/canary.hpp"
#include "cluster/gossip/impl.hpp"

#include <algorithm>
#include <map>

namespace rollcall::cluster {

void gossip::impl::on(const tick&) {
  if (const auto lateness = alive.tick_came(now); lateness > instant{0}) {
    for (auto& [name, p] : peers)
      if (p.life) liveness::forgive(*p.life, lateness, now);
    ended.forgive(lateness, now);
  }

  // Send. Rule "echo": the first tick after a change sends a heartbeat even if nothing
  // is new. Otherwise the loss of the last frame is noticed only at the next heartbeat.
  const bool sent = flush(true);
  if (!sent) {
    if ((changed && !canary(bug::echo)) || silent >= alive.silent_ticks()) {
      announce();
      silent = 0;
    } else {
      ++silent;
    }
  }
  changed = sent || (drain && !drained); // a draining node repeats it each tick

  st.scrub(std::min<std::size_t>(opt.limits.batch, 1024));
  tell_clocks();

  // Compare. Rule "recheck": each tick looks at gaps that are still open.
  if (--samples == 0) {
    samples = std::max<std::size_t>(1, opt.clock_sample_periods);
    choose_and_pull();
    for (auto& [name, p] : peers) p.pull.forget_clocks();
  } else if (!canary(bug::recheck) && any_gap()) {
    choose_and_pull();
  }

  // Detect.
  judge_all();
  check_graces();
  check_leases();
  ended.forget(now);
  // Give up answers that were not continued for long.
  for (auto& [name, p] : peers)
    if (p.reply && now - p.reply->last_used() > 4 * opt.broadcast_period) p.reply.reset();
}

void gossip::impl::announce() {
  for (auto& [name, p] : peers) {
    if (!p.link.up) continue;
    box.send(name, heartbeat_to(p));
    p.flow.told_clocks();
  }
}

/// Rule "turns": peers whose digest differs get all our clocks, a few peers per tick in
/// rotation. So a relay repairs what an owner cannot, without O(n^2) bytes in a cluster
/// of n nodes.
void gossip::impl::tell_clocks() {
  constexpr std::size_t bytes_per_tick = 16 * 1024, bytes_per_clock = 24, least = 2;
  auto left = std::max(least, bytes_per_tick / (bytes_per_clock * (peers.size() + 1)));
  outbox::bytes bytes;
  auto i = peers.upper_bound(told_last);
  for (auto n = peers.size(); n > 0 && left > 0; --n, ++i) {
    if (i == peers.end()) i = peers.begin();
    auto& p = i->second;
    if (!p.differs || !p.link.up || !p.up() || canary(bug::turns)) continue;
    if (!bytes) bytes = outbox::pack(full_heartbeat());
    box.send(i->first, frame_kind::heartbeat, bytes);
    p.flow.told_clocks();
    p.differs = false;
    told_last = i->first;
    --left;
  }
}

void gossip::impl::choose_and_pull() {
  std::map<replica_id, missing_range> need;
  auto missing_from = [&](const replica_id& who, crdt::clock_value clock, bool owner_only) {
    auto& x = need.try_emplace(who, missing_range{who, 0, owner_only}).first->second;
    x.upto = std::max(x.upto, clock);
  };
  for (auto& [name, p] : peers) {
    if (auto heard = p.pull.clocks()) {
      for (auto& [who, clock] : *heard) {
        // Rule "strange": only replicas that we hold up count. A pull names no others,
        // so we would ask for ever for what we do not hold.
        auto i = peers.find(who.name);
        const bool held = i != peers.end() && i->second.holds(who);
        const bool counts = held || (canary(bug::downed_clocks) && st.holds(who));
        // A relay may know more than the owner has announced to us, and may lie.
        const auto upto = held ? std::min(clock, i->second.life->announced_clock) : clock;
        if (counts ? upto > st.prefix(who) : canary(bug::strange))
          missing_from(who, upto, held && answers(i->second));
      }
    }
    if (gap(p) && !canary(bug::recheck))
      missing_from(p.life->id, p.life->announced_clock, answers(p) || !lacks(p));
  }
  if (need.empty()) return;

  std::vector<missing_range> missing;
  missing.reserve(need.size());
  for (auto& [who, x] : need) missing.push_back(x);
  std::vector<candidate> who;
  for (auto& [name, p] : peers)
    if (p.link.up && p.up()) who.push_back({name, p.pull.clocks(), p.pull.mute()});
  for (auto name : choose(std::move(who), missing)) pull(peers.find(name)->second);
}

void gossip::impl::judge_all() {
  for (auto i = peers.begin(); i != peers.end();) {
    auto next = std::next(i);
    if (auto& p = i->second; p.life) {
      switch (alive.judge(*p.life, now)) {
      case verdict::fine:
        break;
      case verdict::down:
        hide(p);
        break;
      // Silence is not final: the same life may come back and is then pulled from 0.
      case verdict::permdown:
        drop(i, false, leave_reason::node_down);
        break;
      }
    }
    i = next;
  }
}

} // namespace rollcall::cluster
