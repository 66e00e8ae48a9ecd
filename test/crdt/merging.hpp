// One copy of a slice, and deltas to merge into it: for the tests of merges.
#pragma once

#include "test/catch.hpp"
#include "test/crdt/world.hpp"

#include <algorithm>
#include <initializer_list>

namespace rollcall::crdt::merging {

using rollcall::test::folded;

inline const replica_id owner{"owner", {1, 1}}, other{"other", {2, 2}}, here{"here", {3, 3}};

inline birth born(dot d, std::string_view key, std::uint64_t actor = 1) {
  static const auto bytes = test::some_meta(0);
  return {d, "room", key, actor, bytes, std::nullopt, std::nullopt};
}

inline delta a_range(clock_value a, clock_value b, std::vector<birth> adds,
                     std::vector<dot> dead = {}) {
  return {owner, range{a, b, std::move(adds), std::move(dead)}};
}

inline delta a_part(std::uint64_t answer, clock_value x, clock_value y, clock_value a,
                    std::initializer_list<dot> known, std::vector<birth> adds) {
  part p{{other, answer}, x, y, a, {}, std::move(adds)};
  for (auto d : known) p.known.push_back(d);
  return {owner, std::move(p)};
}

/// One copy of `owner`'s slice.
struct copy {
  store state{here, limits{}};
  folded sum;
  changes last;

  copy() { state.open(owner); }

  bool merge(const delta& d) {
    last.clear();
    const bool applied = state.merge(d, last).applied;
    state.publish();
    sum.add(state, last);
    sum.check(state);
    return applied;
  }
  std::vector<dot> dots() const {
    std::vector<dot> out;
    state.find(owner)->living.walk(0, UINT64_MAX,
                                   [&](dot d, handle) { return out.push_back(d), true; });
    return out;
  }
  clock_value prefix() const { return state.prefix(owner); }
};

using dots = std::vector<dot>;

} // namespace rollcall::crdt::merging
