#include "cluster/gossip/liveness.hpp"

#include "base/canary.hpp"

#include <algorithm>

namespace rollcall::cluster {

namespace {

std::size_t ticks_between_beats(const tracker_options& opt) {
  if (canary(bug::silence)) return opt.max_silent_periods;
  const auto thirds = opt.effective_down_period().count() / (3 * opt.broadcast_period.count());
  const auto most = std::max<millis::rep>(0, thirds - 1);
  return std::min(opt.max_silent_periods, static_cast<std::size_t>(most));
}

} // namespace

liveness::liveness(const tracker_options& opt, instant first_tick)
    : period_(opt.broadcast_period),
      down_(opt.effective_down_period()),
      permdown_(opt.permdown_period),
      grace_(opt.link_grace),
      silent_ticks_(ticks_between_beats(opt)),
      next_tick_(first_tick) {}

instant liveness::tick_came(instant now) {
  const auto lateness = now - next_tick_;
  next_tick_ = now + period_;
  return lateness > period_ / 2 && !canary(bug::late) ? lateness : instant{0};
}

void liveness::forgive(peer_life& life, instant lateness, instant now) {
  life.heard = std::min(now, life.heard + lateness);
}

verdict liveness::judge(const peer_life& life, instant now) const {
  const auto silence = now - life.heard;
  if (silence > permdown_) return verdict::permdown;
  return life.up && silence > down_ ? verdict::down : verdict::fine;
}

void liveness::link_lost(link_state& link, instant now) const {
  link.up = false;
  if (grace_) link.deadline = now + *grace_;
}

bool liveness::grace_over(link_state& link, instant now) const {
  if (!link.deadline || now < *link.deadline) return false;
  if (now - *link.deadline > period_ / 2 && !canary(bug::late)) {
    link.deadline = now + *grace_;
    return false;
  }
  link.deadline.reset();
  return true;
}

} // namespace rollcall::cluster
