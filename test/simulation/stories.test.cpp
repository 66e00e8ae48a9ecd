// One scenario each for what random runs do not single out: each is the bug
// that a rule of the protocol prevents.
#include "test/catch.hpp"
#include "test/sim/world.hpp"

#include <string>

using namespace rollcall;
using namespace std::chrono_literals;
using sim::settings;
using sim::world;

namespace {

constexpr auto pull = static_cast<std::size_t>(cluster::frame_kind::pull);

void track_three(world& w, int n) {
  for (int i = 0; i < 3; ++i) REQUIRE(w.track(n, "t", "s" + std::to_string(i)) == errc::none);
}

/// After 20 s, with three presences on n0.
void settle(world& w) {
  w.start_all();
  w.run_until(20s);
  track_three(w, 0);
}

} // namespace

TEST_CASE("a node does not ask for ever for what it may not hold") {
  // n1 never hears n0; n2 hears both and announces n0's clock.
  world w{1, settings::calm()};
  w.cut({{0, 1}});
  settle(w);
  w.run_until(60s);
  const auto before = w.count().frames[pull];
  w.run_until(160s);
  CHECK(w.count().frames[pull] == before);
}

TEST_CASE("a node that cannot reach the owner asks another who knows") {
  // n1 hears n0 and cannot reach it; n2 can help.
  world w{1, settings::calm()};
  w.cut({{1, 0}});
  settle(w);
  w.run_until(60s);
  CHECK(w.seen_of(1, 0) == 3);
}

TEST_CASE("a suspended node calls nobody down when its tick runs before it has read") {
  world w{1, settings::calm()};
  settle(w);
  w.run_until(30s);
  // All that was sent meanwhile is still in the sockets when the tick runs.
  w.cut({{0, 1}, {2, 1}});
  w.pause(1, 60s);
  w.run_until(90s);
  REQUIRE_FALSE(w.paused(1));
  for (auto& r : w.machine(1).replicas()) CHECK(r.status == cluster::replica_status::up);
  CHECK(w.seen_of(1, 0) == 3);
  w.heal({{0, 1}, {2, 1}});
  w.run_until(100s);
  CHECK(w.agreed());
}

TEST_CASE("a node whose host clock went back is seen within two periods of its restart") {
  world w{1, settings::calm()};
  settle(w);
  w.run_until(30s);
  w.stop(0, false);
  w.step_wall_clock(0, -3'600'000'000);
  w.start(0);
  w.track(0, "t", "x");
  w.run_until(33s);
  for (int n = 0; n < 3; ++n) CHECK(w.sees(n, "t", "x"));
  CHECK(w.count().rebirths == 1);
}

TEST_CASE("a last frame that was lost before a silence is noticed within two periods") {
  world w{1, settings::calm()};
  w.start_all();
  w.run_until(40'200ms);
  w.cut({{0, 1}});
  w.track(0, "t", "x");
  w.run_until(40'300ms);
  w.heal({{0, 1}});
  const auto healed = w.now();
  REQUIRE_FALSE(w.sees(1, "t", "x"));
  CHECK(
      w.run_until(healed + 2 * w.options().broadcast_period, [&] { return w.sees(1, "t", "x"); }));
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

TEST_CASE("an idle peer stays up at the shortest down_period that is allowed") {
  // Ten silent periods, and a down_period of two.
  auto s = settings::calm();
  s.options.down_period = 2 * s.options.broadcast_period;
  world w{1, s};
  settle(w);
  w.run_until(40s);
  const auto before = w.count();
  w.run_until(140s);
  CHECK(w.count().reports == before.reports);
  CHECK(w.count().downs == before.downs);
}

TEST_CASE("a heartbeat that comes after the bye does not bring the dead back") {
  world w{1, settings::calm()};
  settle(w);
  w.run_until(30s);
  cluster::frame late;
  late.from = w.machine(0).self();
  late.clocks = {{late.from, 3}};
  late.full_clocks = true;
  w.stop(0, true);
  w.run_until(31s);
  CHECK(w.machine(1).replicas().size() == 2);
  w.give(1, cluster::frame_in{cluster::encode(late)});
  CHECK(w.machine(1).replicas().size() == 2);
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
