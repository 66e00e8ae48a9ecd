// Eviction when a limit is reached: replicas that are down make room for living ones,
// the longest down first. If that is not enough, it is reported and counted, and what
// was kept out is pulled once there is room.
#include "cluster/gossip/room.hpp"

#include "base/canary.hpp"

#include <algorithm>

namespace rollcall::cluster {

bool makes_room() noexcept { return !canary(bug::dead_stay); }

namespace {

bool is_shown(const peer_life& x) { return x.lease && !x.lease_over; }

/// Eviction order of two replicas that are down: one that is still shown goes last,
/// otherwise the one that was heard longest ago goes first.
bool goes_before(const peer_life& a, const peer_life& b) {
  return is_shown(a) != is_shown(b) ? is_shown(b) : a.heard < b.heard;
}

} // namespace

/// Makes room for one more life.
bool gossip::impl::make_room() {
  return st.slices_held() < opt.limits.max_replicas
         || (!canary(bug::dead_stay) && evict_longest_down());
}

peer_map::iterator gossip::impl::longest_down() {
  auto victim = peers.end();
  for (auto i = peers.begin(); i != peers.end(); ++i) {
    const auto& life = i->second.life;
    if (!life || life->up) continue;
    if (victim == peers.end() || goes_before(*life, *victim->second.life)) victim = i;
  }
  return victim;
}

bool gossip::impl::evict_longest_down() {
  const auto victim = longest_down();
  if (victim == peers.end()) return false;
  ++stats.evicted;
  drop(victim, false, leave_reason::node_down);
  return true;
}

/// Frees the presences of a replica that is not up: of a hidden one if there is one, else
/// of a former life that is still shown, else of one that is down and still shown.
bool gossip::impl::evict_presences() {
  const auto victim = longest_down();
  const bool hidden = victim != peers.end() && !is_shown(*victim->second.life);
  return (!hidden && evict_lingering()) || evict_longest_down();
}

/// Drops the former life whose lease ends first.
bool gossip::impl::evict_lingering() {
  if (lingering.empty() || canary(bug::dead_stay)) return false;
  const auto first = std::min_element(lingering.begin(), lingering.end(),
                                      [](auto& a, auto& b) { return a.until < b.until; });
  ++stats.evicted;
  st.drop(first->id, first->why);
  lingering.erase(first);
  sweep_now = true;
  return true;
}

/// Returns true if one more link can be held. There are more places for links than for
/// lives: a link costs little, and the event that reports it is not repeated.
bool gossip::impl::place_for_link() {
  const auto max = opt.limits.max_replicas;
  if (peers.size() < max + std::max<std::size_t>(1024, max)) return true;
  links_missed = true;
  ++stats.no_room;
  return false;
}

/// Counts each case, and reports at most one per down_period.
void gossip::impl::keep_out(const replica_id& who, std::string_view limit) {
  ++stats.no_room;
  if (room_told && now - *room_told < opt.effective_down_period()) return;
  room_told = now;
  note(replica_change::no_room, who, limit);
}

} // namespace rollcall::cluster
