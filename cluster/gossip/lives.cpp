#include "cluster/gossip/lives.hpp"

#include "base/canary.hpp"

#include <algorithm>

namespace rollcall::cluster {

lives::lives(const tracker_options& opt)
    : period_(opt.permdown_period),
      beat_(opt.broadcast_period),
      limit_(std::max<std::size_t>(1, opt.limits.max_ended)) {}

void lives::end(const replica_id& who, instant now) {
  if (canary(bug::ended)) return;
  const auto until = now + period_;
  if (auto i = ended_.find(who.name); i != ended_.end()) {
    if (i->second.inc < who.inc) i->second = {who.inc, until};
    return;
  }
  if (ended_.size() >= limit_) {
    auto sooner = [](const auto& x, const auto& y) { return x.second.until < y.second.until; };
    ended_.erase(std::min_element(ended_.begin(), ended_.end(), sooner));
  }
  ended_.emplace(who.name, entry{who.inc, until});
  next_due_ = std::min(next_due_, until);
}

std::optional<incarnation> lives::ended(std::string_view name) const {
  auto i = ended_.find(name);
  if (i == ended_.end()) return std::nullopt;
  return i->second.inc;
}

void lives::forget(instant now) {
  if (now < next_due_) return;
  next_due_ = instant::max();
  for (auto i = ended_.begin(); i != ended_.end();) {
    if (i->second.until <= now) {
      i = ended_.erase(i);
    } else {
      next_due_ = std::min(next_due_, i->second.until);
      ++i;
    }
  }
}

void lives::forgive(instant lateness, instant now) {
  next_due_ = instant::max();
  for (auto& [name, e] : ended_) {
    e.until = std::min(now + period_, e.until + lateness);
    next_due_ = std::min(next_due_, e.until);
  }
}

bool lives::may_be_reborn(instant now) {
  while (!rebirths_.empty() && now - rebirths_.front() >= period_) rebirths_.pop_front();
  if (rebirths_.size() >= max_rebirths) {
    const auto doubled = std::min<std::size_t>(rebirths_.size() - max_rebirths, 20);
    if (now - rebirths_.back() < beat_ * (std::int64_t{1} << doubled)) return false;
  }
  rebirths_.push_back(now);
  return true;
}

} // namespace rollcall::cluster
