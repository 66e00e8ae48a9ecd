#include "crdt/slice.hpp"

#include "base/canary.hpp"

#include <algorithm>
#include <cassert>

namespace rollcall::crdt {

void remote_slice::learn(clock_value a, clock_value b) {
  if (b <= prefix) return;
  const bool closes = a <= prefix;
  if (closes) {
    prefix = b;
  } else {
    beyond.insert(a, b);
  }
  if (!beyond.empty()) {
    prefix = beyond.run_after(prefix);
    beyond.erase_up_to(closes && canary(bug::shrinking) ? beyond.last() : prefix);
  }
  assert(beyond.empty() || beyond.runs().front().a > prefix);
}

void remote_slice::learn_dead(const std::vector<dot>& dead) {
  const auto first = std::upper_bound(dead.begin(), dead.end(), prefix);
  if (first == dead.end()) return;
  const auto* end = dead.data() + dead.size();
  beyond.insert_all(dead.data() + (first - dead.begin()), end);
  prefix = beyond.run_after(prefix);
  beyond.erase_up_to(prefix);
}

void remote_slice::forget(clock_value told_at) {
  told_anew_at = told_at;
  doubtful = living.last();
  prefix = 0;
  beyond.clear();
  progress = {};
  hearsay = false;
  ++forgotten;
}

std::size_t remote_slice::intervals_after(const range& r) const {
  if (r.a <= prefix) return beyond.intervals(); // does not open a gap
  if (r.dead.empty()) return r.a < r.b ? beyond.intervals_with(r.a, r.b) : beyond.intervals();
  auto all = beyond;
  all.insert(r.a, r.b);
  const auto first = std::upper_bound(r.dead.begin(), r.dead.end(), prefix);
  all.insert_all(r.dead.data() + (first - r.dead.begin()), r.dead.data() + r.dead.size());
  return all.intervals();
}

} // namespace rollcall::crdt
