#include "tools/faults/key_watch.hpp"

#include <algorithm>

namespace rollcall::faults {

void key_watch::begin(int observers) { views_.assign(static_cast<std::size_t>(observers), view{}); }

void key_watch::exclude_all() {
  for (auto& v : views_) v.judged = false;
}

void key_watch::state(int observer, const keys& present) {
  auto& v = at(observer);
  v.count.clear();
  for (const auto& key : present) ++v.count[key];
  v.most = std::max(v.most, v.count.size());
}

key_watch::keys key_watch::diff(int observer, const keys& joins, const keys& leaves) {
  auto& v = at(observer);
  keys before;
  for (const auto& key : leaves)
    if (v.count.contains(key)) before.push_back(key);
  // A diff is one change: what stands in it has no order.
  for (const auto& key : joins) ++v.count[key];
  for (const auto& key : leaves)
    if (const auto found = v.count.find(key); found != v.count.end() && --found->second <= 0)
      v.count.erase(found);
  v.most = std::max(v.most, v.count.size());
  std::sort(before.begin(), before.end());
  before.erase(std::unique(before.begin(), before.end()), before.end());
  std::erase_if(before, [&](const std::string& key) { return v.count.contains(key); });
  return v.judged ? before : keys{};
}

std::size_t key_watch::saw(std::size_t count) const {
  return static_cast<std::size_t>(std::count_if(
      views_.begin(), views_.end(), [&](const view& v) { return v.judged && v.most >= count; }));
}

} // namespace rollcall::faults
