// One scenario each for what random runs do not single out: each is the bug
// that a rule of the protocol prevents.
#include "test/sim/stories.hpp"

#include "test/catch.hpp"
#include "test/sim/world.hpp"

#include <string>

using namespace rollcall;
using namespace std::chrono_literals;
using sim::settings;
using sim::world;

namespace {

void track_three(world& w, int n) {
  for (int i = 0; i < 3; ++i) REQUIRE(w.track(n, "t", "s" + std::to_string(i)) == errc::none);
}

} // namespace

TEST_CASE("what each rule prevents does not happen") {
  // With the rule switched off each of these fails: rollcall_sim --canaries.
  for (auto& s : sim::all_stories()) {
    INFO("rollcall_sim --story " << s.name << " --verbose: " << s.what);
    CHECK_NOTHROW(s.tell(nullptr));
  }
}

TEST_CASE("a newcomer into an idle cluster has everything within three one-way trips of link up") {
  for (int nodes : {2, 3, 9}) {
    auto s = settings::calm(nodes);
    s.weather.delay = 40ms;
    s.weather.exact = true;
    world w{1, s};
    for (int n = 0; n + 1 < nodes; ++n) w.start(n);
    w.run_until(20s);
    for (int n = 0; n + 1 < nodes; ++n) track_three(w, n);
    w.run_until(46s);
    const auto all = [&] {
      for (int n = 0; n + 1 < nodes; ++n)
        if (w.seen_of(nodes - 1, n) != 3) return false;
      return true;
    };
    w.start(nodes - 1); // its links come up at once, and here on the other side:
    for (int n = 0; n + 1 < nodes; ++n) w.give(n, cluster::link_up{world::name_of(nodes - 1)});
    CHECK(w.run_until(46s + 3 * 40ms, all));
  }
}

TEST_CASE("an update that arrives before the birth that it ended is not born again") {
  // Dot 3 lives; 4 is a birth; then an update of 3, and a leave of what the
  // update bore. The leave arrives first, 4 last.
  crdt::store copy{{"b", {1, 1}}, limits{}};
  const replica_id a{"a", {1, 0}};
  REQUIRE(copy.open(a));
  crdt::changes seen;
  crdt::birth third{3, "t", "k", 1, rollcall::meta{}.bytes(), {}, {}},
      fourth{4, "t", "l", 1, third.meta, {}, {}};
  copy.merge({a, crdt::range{0, 3, {third}, {}}}, seen);
  copy.merge({a, crdt::range{6, 7, {}, {6}}}, seen); // 5, 6: the update; 7: the leave
  copy.merge({a, crdt::range{3, 4, {fourth}, {}}}, seen);
  CHECK(copy.prefix(a) == 4);
  CHECK(copy.knows(a, 6));
  copy.merge({a, crdt::range{4, 6, {}, {3}}}, seen);
  CHECK(copy.prefix(a) == 7);
  copy.publish();
  CHECK(copy.table().list("t").size() == 1);
}
