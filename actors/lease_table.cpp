#include "actors/lease_table.hpp"

#include <algorithm>

namespace rollcall::actors {

void lease_table::push(entry x) {
  queue_.push_back(x);
  std::push_heap(queue_.begin(), queue_.end(), later);
}

void lease_table::pop() {
  std::pop_heap(queue_.begin(), queue_.end(), later);
  queue_.pop_back();
}

std::uint64_t lease_table::add(std::uint64_t token, duration ttl, instant now) {
  const auto number = next_++;
  const auto deadline = our_time(now) + ttl;
  leases_.emplace(number, lease_state{token, ttl, deadline, deadline});
  push({deadline, number});
  return number;
}

bool lease_table::renew(std::uint64_t number, std::uint64_t token, std::optional<duration> ttl,
                        instant now) {
  const auto found = leases_.find(number);
  if (found == leases_.end() || found->second.token != token) return false;
  auto& x = found->second;
  if (ttl) x.ttl = *ttl;
  x.deadline = our_time(now) + x.ttl;
  if (x.deadline >= x.queued) return true; // the entry is moved when it is due
  x.queued = x.deadline;
  push({x.deadline, number});
  rebuild_if_mostly_stale();
  return true;
}

void lease_table::remove(std::uint64_t number) {
  leases_.erase(number);
  rebuild_if_mostly_stale();
}

bool lease_table::holds(std::uint64_t number, std::uint64_t token) const {
  const auto found = leases_.find(number);
  return found != leases_.end() && found->second.token == token;
}

std::vector<std::uint64_t> lease_table::take_due(instant now, std::size_t most) {
  if (const auto expected = wake_at(); expected && now - *expected > tolerated_lateness)
    lost_ += now - *expected + tolerated_lateness; // so that queued renewals are handled first
  const auto time = our_time(now);
  std::vector<std::uint64_t> result;
  while (!queue_.empty() && queue_.front().at <= time && result.size() < most) {
    const auto top = queue_.front();
    pop();
    const auto found = leases_.find(top.number);
    if (found == leases_.end() || found->second.queued != top.at) continue; // a stale entry
    auto& x = found->second;
    if (x.deadline > time) {
      x.queued = x.deadline;
      push({x.deadline, top.number});
    } else {
      leases_.erase(found);
      result.push_back(top.number);
    }
  }
  return result;
}

std::optional<lease_table::instant> lease_table::wake_at() const {
  if (leases_.empty()) return std::nullopt;
  // Rounded up, so that many deadlines share one timer.
  const auto at = queue_.front().at + lost_;
  return instant{(at.count() + precision.count() - 1) / precision.count() * precision.count()};
}

// Removed and shortened leases leave stale entries.
void lease_table::rebuild_if_mostly_stale() {
  if (queue_.size() <= 2 * leases_.size() + 64) return;
  queue_.clear();
  for (const auto& [number, x] : leases_) queue_.push_back({x.queued, number});
  std::make_heap(queue_.begin(), queue_.end(), later);
}

} // namespace rollcall::actors
