#include "crdt/delta.hpp"

namespace rollcall::crdt {
namespace {

/// Returns true if the dots ascend and are all in (a, b].
bool within(const std::vector<birth>& adds, clock_value a, clock_value b) noexcept {
  auto last = a;
  for (const auto& x : adds) {
    if (x.dot <= last || x.dot > b) return false;
    last = x.dot;
  }
  return true;
}

} // namespace

bool well_formed(const range& r) noexcept {
  if (r.a > r.b) return false;
  clock_value last = 0;
  for (const auto d : r.dead) {
    if (d <= last || d > r.a) return false;
    last = d;
  }
  std::uint64_t told = 0;
  for (const auto& x : r.reasons) {
    if (!known_to_owner(x.why) || x.count == 0 || x.count > r.dead.size() - told) return false;
    told += x.count;
  }
  return within(r.adds, r.a, r.b);
}

bool well_formed(const part& p) noexcept {
  if (p.x > p.y) return false;
  if (!p.known.empty()
      && (p.known.runs().front().a < p.x || p.known.last() > p.y || p.known.last() > p.a))
    return false;
  return within(p.adds, p.x > p.a ? p.x : p.a, p.y);
}

} // namespace rollcall::crdt
