// The scenarios of upstream's clock tests.
#include "test/catch.hpp"
#include "tools/replay/vector_clock.hpp"

#include <algorithm>

using namespace rollcall;
using namespace rollcall::crdt;

namespace {

const replica_id a{"a", {1, 0}}, b{"b", {1, 0}}, c{"c", {1, 0}}, d{"d", {1, 0}};

const vector_clock one{{a, 1}, {b, 2}, {c, 3}}, two{{b, 2}, {c, 3}, {d, 1}}, three{{a, 1}, {b, 2}};

clockset sorted(clockset x) {
  std::sort(x.begin(), x.end());
  return x;
}

} // namespace

TEST_CASE("clock: a clock dominates what it contains, and itself, and no other") {
  CHECK(dominates(one, three));
  CHECK_FALSE(dominates(three, one));
  CHECK_FALSE(dominates(one, two));
  CHECK(dominates(one, one));
}

TEST_CASE("clock: a set of clocks drops those that the others dominate") {
  const owned_clock x{a, one}, y{b, two}, z{c, three};
  CHECK(sorted(append_clock({y, z}, x)) == clockset{y, z});
  CHECK(sorted(append_clock({x, y}, z)) == clockset{x, y});
  CHECK(sorted(append_clock({x, y}, x)) == clockset{x, y});
  CHECK(sorted(append_clock({x, y}, y)) == clockset{x, y});
  CHECK(sorted(append_clock({x, z}, y)) == clockset{x, y, z});
  auto owners = clockset_replicas(append_clock({y, z}, x));
  std::sort(owners.begin(), owners.end());
  CHECK(owners == std::vector<replica_id>{b, c});
}

TEST_CASE("clock: the upper bound is the later of each") {
  const vector_clock x{{a, 1}, {b, 2}, {c, 2}}, y{{a, 3}, {b, 1}, {d, 2}};
  CHECK(upperbound(x, y) == vector_clock{{a, 3}, {b, 2}, {c, 2}, {d, 2}});
  CHECK(upperbound({}, y) == y);
  CHECK(upperbound(y, {}) == y);
}

TEST_CASE("clock: the lower bound is the earlier of each, and of one alone that one") {
  const vector_clock x{{a, 1}, {b, 2}, {c, 2}}, y{{a, 3}, {b, 1}, {d, 2}};
  CHECK(lowerbound(x, y) == vector_clock{{a, 1}, {b, 1}, {c, 2}, {d, 2}});
  CHECK(lowerbound({}, y) == y);
  CHECK(lowerbound(y, {}) == y);
}

TEST_CASE("clock: a filter leaves the replicas that it names") {
  CHECK(filter_replicas(one, {a, b}) == vector_clock{{a, 1}, {b, 2}});
  CHECK(filter_replicas(one, {a, c}) == vector_clock{{a, 1}, {c, 3}});
  CHECK(filter_replicas(one, {a, d}) == vector_clock{{a, 1}});
  CHECK(filter_replicas(one, {d}).empty());
}

TEST_CASE("clock: the replicas of a clock are those that it names") {
  CHECK(replicas({}).empty());
  CHECK(replicas({{a, 1}}) == std::vector<replica_id>{a});
  CHECK(replicas({{a, 1}, {b, 2}}) == std::vector<replica_id>{a, b});
}
