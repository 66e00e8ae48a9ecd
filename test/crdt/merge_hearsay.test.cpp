// Merges into a copy that a relay has told: the answers of the owner that follow.
#include "test/crdt/merging.hpp"

#include <utility>

using namespace rollcall;
using namespace rollcall::crdt;
using namespace rollcall::crdt::merging;

namespace {

/// A relay told all up to clock 6, where the presence of dot 1 had been updated to dot 5.
struct told_by_relay : copy {
  told_by_relay() {
    clock_value done = 0;
    state.merge(a_part(1, 0, 6, 0, {}, {born(5, "k")}), SIZE_MAX, done, last, {false, 6});
    state.publish();
    sum.add(state, std::exchange(last, {}));
    REQUIRE(state.hearsay(owner));
  }
  bool answered(delta d, clock_value as_of) {
    d.as_of = as_of;
    clock_value done = 0;
    const bool applied = state.merge(d, SIZE_MAX, done, last, {true, 0, true}).applied;
    state.publish();
    sum.add(state, std::exchange(last, {}));
    sum.check(state);
    return applied;
  }
};

} // namespace

TEST_CASE("an owner's answer that was held up takes nothing back that came since") {
  told_by_relay c;
  c.answered(a_range(0, 3, {born(1, "k")}), 3);
  CHECK(c.dots() == dots{5});
  CHECK(c.state.hearsay(owner)); // it is asked for all once more
  c.answered(a_range(0, 6, {born(5, "k")}), 6);
  CHECK(c.dots() == dots{5});
  CHECK_FALSE(c.state.hearsay(owner));
}

TEST_CASE("while all is told anew nothing counts that was cut before") {
  told_by_relay c;
  c.answered(a_part(2, 0, 2, 0, {}, {}), 6); // the first piece of the answer
  CHECK_FALSE(c.state.hearsay(owner));
  CHECK_FALSE(c.merge(a_range(2, 4, {born(3, "k")})));
  CHECK(c.dots() == dots{5});
  c.answered(a_part(2, 2, 6, 0, {}, {born(5, "k")}), 6);
  CHECK(c.dots() == dots{5});
  CHECK(c.prefix() == 6);
}

TEST_CASE("a relay's older copy takes no place of a presence that is doubted") {
  told_by_relay c;
  c.answered(a_part(2, 0, 2, 0, {}, {}), 6);
  clock_value done = 0;
  auto old = a_part(3, 0, 3, 0, {}, {born(3, "k")});
  old.as_of = 9;
  c.state.merge(old, SIZE_MAX, done, c.last, {false, 9});
  CHECK(c.dots() == dots{5});
}
