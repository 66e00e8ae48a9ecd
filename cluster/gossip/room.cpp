// What is done when a limit is reached: the longest down make room for the living;
// where that is not enough, it is told and counted, and made up for later.
#include "cluster/gossip/room.hpp"

#include "base/canary.hpp"

#include <algorithm>

namespace rollcall::cluster {

bool makes_room() noexcept { return !canary(bug::dead_stay); }

namespace {

/// Of two that are down: one that is still shown goes last, else the longest down first.
bool goes_before(const peer_life& a, const peer_life& b) {
  const bool a_shown = a.lease && !a.lease_over, b_shown = b.lease && !b.lease_over;
  return a_shown != b_shown ? b_shown : a.heard < b.heard;
}

} // namespace

/// A place for one more life: the longest down goes.
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

/// A place for one more life that is over and still shown: the one that is shown for
/// the shortest time yet goes.
void gossip::impl::make_room_to_linger() {
  if (lingering.size() < opt.limits.max_replicas) return;
  const auto first = std::min_element(lingering.begin(), lingering.end(),
                                      [](auto& a, auto& b) { return a.until < b.until; });
  st.drop(first->id, first->why);
  lingering.erase(first);
}

/// Links cost little, and there is no place to be had by a frame for one that finds
/// none: they have more places than lives.
bool gossip::impl::place_for_link() {
  const auto max = opt.limits.max_replicas;
  if (peers.size() < max + std::max<std::size_t>(1024, max)) return true;
  links_missed = true;
  ++stats.no_room;
  return false;
}

/// Tells at most once a period, whoever it is.
void gossip::impl::keep_out(const replica_id& who, std::string_view limit) {
  ++stats.no_room;
  if (room_told && now - *room_told < opt.effective_down_period()) return;
  room_told = now;
  note(replica_change::no_room, who, limit);
}

} // namespace rollcall::cluster
