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

std::size_t remote_slice::intervals_after(const range& r) const {
  if (r.a <= prefix) return beyond.intervals(); // closes gaps, opens none
  auto all = beyond;
  all.insert(r.a, r.b);
  for (auto d : r.dead)
    if (d > prefix) all.insert(d);
  return all.intervals();
}

} // namespace rollcall::crdt
