#include "tools/replay/vector_clock.hpp"

#include <algorithm>

namespace rollcall::crdt {

namespace {

clock_value at(const vector_clock& x, const replica_id& who) {
  const auto i = x.find(who);
  return i == x.end() ? 0 : i->second;
}

} // namespace

bool dominates(const vector_clock& x, const vector_clock& y) {
  if (x.size() < y.size()) return false;
  return std::all_of(y.begin(), y.end(), [&](const auto& e) { return at(x, e.first) >= e.second; });
}

bool dominates_or_equal(const vector_clock& x, const vector_clock& y) {
  if (x.empty()) return y.empty();
  return std::all_of(x.begin(), x.end(), [&](const auto& e) { return e.second >= at(y, e.first); });
}

vector_clock upperbound(const vector_clock& x, const vector_clock& y) {
  auto result = x;
  for (const auto& [who, value] : y) {
    const auto [i, fresh] = result.try_emplace(who, value);
    if (!fresh) i->second = std::max(i->second, value);
  }
  return result;
}

vector_clock lowerbound(const vector_clock& x, const vector_clock& y) {
  auto result = x;
  for (const auto& [who, value] : y) {
    const auto [i, fresh] = result.try_emplace(who, value);
    if (!fresh) i->second = std::min(i->second, value);
  }
  return result;
}

vector_clock filter_replicas(const vector_clock& x, const std::vector<replica_id>& keep) {
  vector_clock result;
  for (const auto& who : keep)
    if (const auto i = x.find(who); i != x.end()) result.insert(*i);
  return result;
}

std::vector<replica_id> replicas(const vector_clock& x) {
  std::vector<replica_id> result;
  result.reserve(x.size());
  for (const auto& e : x) result.push_back(e.first);
  return result;
}

clockset append_clock(clockset set, owned_clock next) {
  if (next.second.empty()) return set;
  vector_clock all;
  for (const auto& e : set) all = upperbound(all, e.second);
  if (dominates(next.second, all)) {
    set.clear();
    set.push_back(std::move(next));
    return set;
  }
  if (dominates(all, next.second)) return set;
  std::erase_if(set, [&](const auto& e) { return dominates(next.second, e.second); });
  set.push_back(std::move(next));
  std::reverse(set.begin(), set.end());
  return set;
}

std::vector<replica_id> clockset_replicas(const clockset& set) {
  std::vector<replica_id> result;
  result.reserve(set.size());
  for (const auto& e : set) result.push_back(e.first);
  return result;
}

} // namespace rollcall::crdt
