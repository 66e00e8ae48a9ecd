// Eviction when a limit is reached: replicas that are down make room for living ones,
// the longest down first. If that is not enough, it is reported and counted, and what
// was kept out is pulled once there is room.
#include "cluster/gossip/room.hpp"

#include "base/canary.hpp"

#include <algorithm>

namespace rollcall::cluster {

bool makes_room() noexcept { return !canary(bug::dead_stay); }

namespace {

/// Eviction order of two replicas that are down: one that is still shown goes last,
/// otherwise the one that was heard longest ago goes first.
bool goes_before(const peer_life& a, const peer_life& b) {
  const bool a_shown = a.lease && !a.lease_over, b_shown = b.lease && !b.lease_over;
  return a_shown != b_shown ? b_shown : a.heard < b.heard;
}

} // namespace

/// Makes room for one more life.
bool gossip::impl::make_room() {
  return st.slices_held() < opt.limits.max_replicas
         || (!canary(bug::dead_stay) && evict_longest_down());
}

bool gossip::impl::evict_longest_down() {
  auto victim = peers.end();
  for (auto i = peers.begin(); i != peers.end(); ++i) {
    const auto& life = i->second.life;
    if (!life || life->up) continue;
    if (victim == peers.end() || goes_before(*life, *victim->second.life)) victim = i;
  }
  if (victim == peers.end()) return false;
  ++stats.evicted;
  drop(victim, false, leave_reason::node_down);
  return true;
}

/// Makes room for one more life that is over and still shown: drops the one whose lease
/// ends first.
void gossip::impl::make_room_to_linger() {
  if (lingering.size() < opt.limits.max_replicas) return;
  const auto first = std::min_element(lingering.begin(), lingering.end(),
                                      [](auto& a, auto& b) { return a.until < b.until; });
  st.drop(first->id, first->why);
  lingering.erase(first);
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
