#include "tools/replay/vector_clock.hpp"

#include "test/catch.hpp"

#include <rapidcheck.h>

#include <algorithm>

using namespace rollcall;
using namespace rollcall::crdt;

namespace {

replica_id r(std::uint64_t n) { return {"r" + std::to_string(n), {1, 0}}; }

// Of five replicas: 0 is not named, 1 stands at zero.
vector_clock any_clock() {
  vector_clock result;
  const auto values =
      *rc::gen::container<std::vector<clock_value>>(5, rc::gen::inRange<clock_value>(0, 5));
  for (std::uint64_t i = 0; i < values.size(); ++i)
    if (values[i] != 0) result[r(i)] = values[i] - 1;
  return result;
}

clockset any_set() {
  clockset result;
  const auto n = *rc::gen::inRange(0, 8);
  for (int i = 0; i < n; ++i)
    result = append_clock(std::move(result), {r(static_cast<std::uint64_t>(i)), any_clock()});
  return result;
}

} // namespace

TEST_CASE("a clock dominates one that names fewer replicas or is behind") {
  CHECK(dominates({{r(1), 2}, {r(2), 1}}, {{r(1), 2}}));
  CHECK(dominates({{r(1), 2}}, {{r(1), 2}}));
  CHECK_FALSE(dominates({{r(1), 1}, {r(2), 9}}, {{r(1), 2}}));
  CHECK(dominates({}, {}));
  CHECK(dominates({{r(1), 1}}, {}));
}

TEST_CASE("a clock that names fewer replicas does not dominate, though the others stand at zero") {
  CHECK_FALSE(dominates({{r(1), 2}}, {{r(1), 2}, {r(2), 0}}));
  CHECK(dominates({{r(1), 2}, {r(3), 0}}, {{r(1), 2}, {r(2), 0}}));
}

TEST_CASE("dominates_or_equal looks at the replicas of the first clock only") {
  CHECK(dominates_or_equal({{r(1), 2}}, {{r(1), 2}, {r(2), 7}}));
  CHECK_FALSE(dominates_or_equal({{r(1), 1}}, {{r(1), 2}}));
  CHECK(dominates_or_equal({}, {}));
  CHECK_FALSE(dominates_or_equal({}, {{r(1), 0}}));
}

TEST_CASE("bounds hold the replicas of both clocks, and absence is no zero") {
  const vector_clock x{{r(1), 3}, {r(2), 1}}, y{{r(2), 4}, {r(3), 5}};
  CHECK(upperbound(x, y) == vector_clock{{r(1), 3}, {r(2), 4}, {r(3), 5}});
  CHECK(lowerbound(x, y) == vector_clock{{r(1), 3}, {r(2), 1}, {r(3), 5}});
}

TEST_CASE("a filter keeps what is named and in the clock") {
  const vector_clock x{{r(1), 3}, {r(2), 1}};
  CHECK(filter_replicas(x, {r(2), r(7), r(2)}) == vector_clock{{r(2), 1}});
  CHECK(replicas(x) == std::vector<replica_id>{r(1), r(2)});
}

TEST_CASE("an empty clock changes no set") {
  CHECK(append_clock({}, {r(1), {}}).empty());
  const clockset one{{r(1), {{r(1), 1}}}};
  CHECK(append_clock(one, {r(2), {}}) == one);
}

TEST_CASE("a clock that all of the set together dominates is not taken") {
  const clockset two{{r(2), {{r(1), 0}, {r(2), 5}}}, {r(1), {{r(1), 5}, {r(2), 0}}}};
  CHECK(append_clock(two, {r(3), {{r(1), 4}, {r(2), 4}}}) == two);
}

TEST_CASE("a clock that dominates all of the set takes its place") {
  const clockset two{{r(2), {{r(1), 0}, {r(2), 5}}}, {r(1), {{r(1), 5}, {r(2), 0}}}};
  const owned_clock all{r(3), {{r(1), 5}, {r(2), 5}}};
  CHECK(append_clock(two, all) == clockset{all});
}

TEST_CASE("a clock that is neither goes in front of the others, whose order turns around") {
  const owned_clock a{r(1), {{r(1), 5}}}, b{r(2), {{r(2), 5}}}, c{r(3), {{r(3), 5}}};
  const auto set = append_clock(append_clock(append_clock({}, a), b), c);
  CHECK(set == clockset{c, a, b});
  CHECK(clockset_replicas(set) == std::vector<replica_id>{r(3), r(1), r(2)});
}

TEST_CASE("no clock of a set dominates another one") {
  CHECK(rc::check([] {
    const auto set = any_set();
    for (std::size_t i = 0; i < set.size(); ++i)
      for (std::size_t j = 0; j < set.size(); ++j)
        if (i != j) RC_ASSERT(!dominates(set[i].second, set[j].second));
  }));
}

TEST_CASE("a set promises all that every clock appended to it promised") {
  CHECK(rc::check([] {
    const auto before = any_set();
    const owned_clock next{r(9), any_clock()};
    vector_clock promised = next.second, kept;
    for (const auto& e : before) promised = upperbound(promised, e.second);
    for (const auto& e : append_clock(before, next)) kept = upperbound(kept, e.second);
    for (const auto& [who, value] : promised) {
      if (value != 0) RC_ASSERT(kept[who] == value); // to be at zero promises nothing
    }
  }));
}

TEST_CASE("the bounds of two clocks lie on either side of both") {
  CHECK(rc::check([] {
    const auto x = any_clock(), y = any_clock();
    const auto upper = upperbound(x, y), lower = lowerbound(x, y);
    RC_ASSERT(upper == upperbound(y, x));
    RC_ASSERT(lower == lowerbound(y, x));
    RC_ASSERT(dominates(upper, x) && dominates(upper, y) && dominates(upper, lower));
    for (const auto& [who, value] : x) RC_ASSERT(lower.at(who) <= value);
  }));
}
