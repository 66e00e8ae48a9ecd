// A copy of a slice, as dumb as the words of docs/design.md: what it knows is a
// list of intervals, what lives is a map. Nothing here is shared with crdt/.
#pragma once

#include "crdt/delta.hpp"

#include <map>
#include <optional>
#include <string>
#include <tuple>
#include <vector>

namespace rollcall::fuzz {

class slice_model {
public:
  using identity = std::tuple<std::string, std::string, std::uint64_t>;

  std::map<crdt::dot, identity> live;
  crdt::clock_value prefix = 0;

  bool knows(crdt::clock_value c) const {
    if (c <= prefix) return true;
    for (auto& [a, b] : known_)
      if (c > a && c <= b) return true;
    return false;
  }

  static bool ascending(const std::vector<crdt::birth>& adds, crdt::clock_value lo,
                        crdt::clock_value hi) {
    for (auto& b : adds) {
      if (b.dot <= lo || b.dot > hi) return false;
      lo = b.dot;
    }
    return true;
  }
  static bool lawful(const crdt::range& r) {
    for (std::size_t i = 0; i < r.dead.size(); ++i)
      if (r.dead[i] == 0 || r.dead[i] > r.a || (i > 0 && r.dead[i] <= r.dead[i - 1])) return false;
    return r.a <= r.b && ascending(r.adds, r.a, r.b);
  }
  static bool lawful(const crdt::part& p) {
    for (auto& run : p.known.runs())
      if (run.a < p.x || run.b > p.y || run.b > p.a) return false;
    return p.x <= p.y && ascending(p.adds, p.x < p.a ? p.a : p.x, p.y);
  }
  bool in_turn(const crdt::part& p) const {
    return prefix >= p.a && (p.x == 0 || (p.x == followed_ && last_ && p.answer == *last_));
  }

  /// Intervals past the prefix that a range may leave, counted high.
  std::size_t intervals_with(const crdt::range& r) const {
    return disjoint(known_).size() + r.dead.size() + 1;
  }
  std::size_t intervals() const { return disjoint(known_).size(); }

  std::size_t births(const std::vector<crdt::birth>& adds) const {
    std::size_t n = 0;
    for (auto& b : adds) n += !knows(b.dot);
    return n;
  }

  void merge(const crdt::range& r) {
    std::erase_if(live, [&](auto& x) {
      for (auto d : r.dead)
        if (d == x.first) return true;
      return x.first > r.a && x.first <= r.b && !named(r.adds, x.first);
    });
    bear(r.adds);
    for (auto d : r.dead) learn(d - 1, d);
    learn(r.a, r.b);
  }
  void merge(const crdt::part& p) {
    std::erase_if(live, [&](auto& x) {
      return x.first > p.x && x.first <= p.y && !named(p.adds, x.first)
             && !p.known.contains(x.first);
    });
    bear(p.adds);
    if (p.y > prefix) learn(prefix, p.y);
    last_ = p.answer;
    followed_ = p.y;
  }

private:
  using interval = std::pair<crdt::clock_value, crdt::clock_value>;

  static bool named(const std::vector<crdt::birth>& adds, crdt::dot d) {
    for (auto& b : adds)
      if (b.dot == d) return true;
    return false;
  }
  void bear(const std::vector<crdt::birth>& adds) {
    for (auto& b : adds) {
      if (knows(b.dot)) continue;
      const identity id{b.topic, b.key, b.actor};
      crdt::dot twin = 0;
      for (auto& [d, other] : live)
        if (other == id) twin = d;
      if (twin > b.dot) continue;
      if (twin != 0) live.erase(twin);
      live.emplace(b.dot, id);
    }
  }
  void learn(crdt::clock_value a, crdt::clock_value b) {
    if (a >= b) return;
    known_.emplace_back(a, b);
    for (bool moved = true; moved;) {
      moved = false;
      for (auto& [lo, hi] : known_)
        if (lo <= prefix && hi > prefix) prefix = hi, moved = true;
    }
    std::erase_if(known_, [&](auto& x) { return x.second <= prefix; });
  }
  static std::vector<interval> disjoint(std::vector<interval> all) {
    std::sort(all.begin(), all.end());
    std::vector<interval> out;
    for (auto& x : all) {
      if (!out.empty() && x.first <= out.back().second)
        out.back().second = std::max(out.back().second, x.second);
      else
        out.push_back(x);
    }
    return out;
  }

  std::vector<interval> known_;
  std::optional<crdt::answer_id> last_;
  crdt::clock_value followed_ = 0;
};

} // namespace rollcall::fuzz
