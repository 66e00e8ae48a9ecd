#include "gateway/gatherer.hpp"

#include <algorithm>
#include <utility>

namespace rollcall::gateway {

namespace {

std::vector<presence> in_order_of_key(std::map<ref, presence>& from) {
  std::vector<presence> result;
  result.reserve(from.size());
  for (auto& [name, p] : from) result.push_back(std::move(p));
  from.clear();
  // equal keys stay in order of ref, which is the order of the map
  std::stable_sort(result.begin(), result.end(),
                   [](const presence& a, const presence& b) { return a.key < b.key; });
  return result;
}

} // namespace

void gatherer::add(const topic_diff& x) {
  // The ref that listeners have of a presence that was updated meanwhile.
  std::map<ref, std::optional<ref>> known;
  for (const auto& p : x.leaves) {
    const auto found = joins_.find(p.ref);
    if (found == joins_.end()) {
      leaves_.emplace(p.ref, p);
    } else {
      known.emplace(p.ref, found->second.prev_ref);
      joins_.erase(found);
    }
  }
  for (const auto& p : x.joins) {
    // the same join again, after its replica was down
    if (leaves_.erase(p.ref) != 0) continue;
    auto& now = joins_[p.ref] = p;
    if (!now.prev_ref) continue;
    if (const auto found = known.find(*now.prev_ref); found != known.end())
      now.prev_ref = found->second;
  }
}

void gatherer::clear() noexcept {
  joins_.clear();
  leaves_.clear();
}

gatherer::changes gatherer::take() {
  changes result;
  result.joins = in_order_of_key(joins_);
  result.leaves = in_order_of_key(leaves_);
  return result;
}

std::chrono::milliseconds window_of(std::size_t members, std::size_t listeners,
                                    const window_limits& limits) noexcept {
  constexpr double ns_per_pair = 25;
  const auto ns = static_cast<double>(members) * static_cast<double>(listeners) * ns_per_pair;
  const auto ms = static_cast<long long>(std::min(ns / 1e6, 1e9));
  return std::clamp(std::chrono::milliseconds{ms}, limits.least,
                    std::max(limits.least, limits.most));
}

std::chrono::steady_clock::time_point flush_time(std::chrono::steady_clock::time_point now,
                                                 std::chrono::steady_clock::time_point last,
                                                 std::chrono::milliseconds window,
                                                 std::chrono::milliseconds settle) noexcept {
  return std::max(now + settle, last + window);
}

} // namespace rollcall::gateway
