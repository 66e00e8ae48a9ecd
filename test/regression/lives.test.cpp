// What lives that ended, or began, once broke.
#include "test/regression/pair.hpp"
#include "test/sim/world.hpp"

#include <algorithm>
#include <ctime>

using namespace regression;
using sim::settings;
using sim::world;

namespace {

constexpr auto pull = static_cast<std::size_t>(frame_kind::pull);
constexpr auto state = static_cast<std::size_t>(frame_kind::state);

settings with_permdown(int nodes, millis permdown) {
  auto s = settings::calm(nodes);
  s.options.permdown_period = permdown;
  return s;
}

bool holds(const world& w, int n, int of) {
  for (auto& x : w.machine(n).replicas())
    if (x.id.name == world::name_of(of)) return true;
  return false;
}

} // namespace

TEST_CASE("divergence when both sides hold much before first contact") {
  auto s = settings::calm(4);
  s.options.limits.max_frame_presences = 7;
  s.options.limits.max_removal_log = 5;
  world w{3, s};
  const sim::links apart{{0, 2}, {0, 3}, {1, 2}, {1, 3}, {2, 0}, {3, 0}, {2, 1}, {3, 1}};
  w.cut(apart);
  w.start_all();
  w.run_until(10s);
  // Four slices of hundreds, with holes: of each third only the clock is left.
  for (int i = 0; i < 300; ++i)
    for (int n = 0; n < 4; ++n) {
      w.track(n, "t", "k" + std::to_string(i));
      if (i % 3 == 0) w.untrack(n, "t", "k" + std::to_string(i));
      if (i % 50 == 0) w.run_until(w.now() + 100ms);
    }
  w.run_until(30s);
  REQUIRE(w.seen_of(0, 2) == 0);
  w.heal(apart);
  const auto healed = w.now();
  // They go on while they meet.
  for (int i = 300; i < 320; ++i) {
    for (int n = 0; n < 4; ++n) w.track(n, "t", "k" + std::to_string(i));
    w.run_until(w.now() + 50ms);
  }
  CHECK(w.run_until(healed + 9s + 2 * s.options.broadcast_period, [&] { return w.agreed(); }));
  CHECK(w.seen_of(0, 2) == 220);
  w.check_all();
  // Agreed is not silent: nothing may be asked for any more, either.
  w.run_until(w.now() + 10s);
  const auto pulls = w.count().frames[pull];
  w.run_until(w.now() + 60s);
  CHECK(w.count().frames[pull] == pulls);
}

TEST_CASE("endless transfers after a node is replaced") {
  // n1 dies and n4 takes its place; the others hold n1 for ten minutes more,
  // some as down, n2 as up for longer, since it was the last to hear it. n4
  // knows nothing of n1 and must not ask for it, nor anybody again.
  world w{1, with_permdown(5, 600s)};
  for (int n = 0; n < 4; ++n) w.start(n);
  w.run_until(20s);
  for (int n = 0; n < 4; ++n) w.track(n, "t", "k" + std::to_string(n));
  w.run_until(25s);
  w.cut({{1, 0}, {1, 3}});
  w.run_until(40s);
  w.stop(1, false);
  w.run_until(50s);
  w.start(4);
  w.run_until(60s);
  CHECK(w.machine(4).stats().pulls <= 6); // a few, when it came
  for (int n : {0, 2, 3}) CHECK(w.seen_of(4, n) == 1);
  const auto before = w.count();
  CHECK(w.run_until(700s, [&] { return !holds(w, 0, 1) && !holds(w, 2, 1) && !holds(w, 3, 1); }));
  w.run_until(800s);
  CHECK(w.count().frames[pull] == before.frames[pull]);
  CHECK(w.count().frames[state] == before.frames[state]);
}

TEST_CASE("ghosts after a permdown race") {
  // Frames of a life, or about it, that come when it is over.
  tracker_options o;
  o.link_grace.reset(); // else a life that is superseded is shown for as long
  net n{o};
  n.start("a", {1, 1});
  n.start("b", {1, 2});
  n.start("c", {1, 3});
  n.link();
  n.deliver();
  n.track("a", "ghost");
  SECTION("a delta that its bye overtook") {
    n.flush("a");
    const auto late = n.take(frame_kind::heartbeat, "b");
    n.deliver();
    n.give("a", say_bye{});
    n.pass(n.take(frame_kind::bye, "b"));
    n.pass(late);
    n.stop("a");
    CHECK(n.held("b").empty());
    n.under_way.clear(); // c never hears the bye
    CHECK(n.list("c") == names{"ghost"});
  }
  SECTION("an answer of somebody who still holds it") {
    n.flush("a");
    (void)n.take(frame_kind::heartbeat, "b"); // b lacks it
    n.deliver();
    n.give("b", link_down{"a"});
    n.give("a", tick{}); // b hears that it lacks something, and can ask c only
    n.deliver();
    n.now += 3s;
    n.give("c", tick{});
    n.deliver();
    // Their digests differ; so they tell each other their clocks, in turns.
    for (int i = 0; i < 12 && n.count(frame_kind::pull) == 0; ++i) {
      n.deliver();
      n.now += 1500ms;
      n.give("c", tick{});
      n.deliver();
      n.give("b", tick{});
    }
    REQUIRE(n.count(frame_kind::pull) == 1);
    n.pass(n.take(frame_kind::pull, "c"));
    const auto late = n.take(frame_kind::state, "b");
    n.give("a", say_bye{});
    n.pass(n.take(frame_kind::bye, "b"));
    n.under_way.clear();
    n.stop("a");
    n.pass(late);
    CHECK(n.held("b").empty());
  }
  SECTION("a delta that comes again after a new life") {
    n.flush("a");
    const auto late = n.take(frame_kind::heartbeat, "b");
    n.pass(late);
    n.deliver();
    REQUIRE(n.list("b") == names{"ghost"});
    n.start("a", {9, 1});
    n.link();
    n.deliver();
    CHECK(n.held("b").empty());
    n.pass(late);
    CHECK(n.held("b").empty());
    CHECK(n.at("b").replicas().size() == 3);
  }
  // And nobody gives it back later: not c, who holds it until it is down.
  for (int i = 0; i < 42; ++i) {
    n.run_for(30s);
    CHECK(n.held("b").empty());
  }
  CHECK(n.held("c").empty());
}

TEST_CASE("zombies after restart") {
  // n2 was away while n1 crashed and came back: it still holds the life before
  // and tells everybody so. The clock of n1's host may have gone back, too.
  const bool clock_went_back = GENERATE(false, true);
  world w{2, with_permdown(3, 300s)};
  w.start_all();
  w.run_until(20s);
  for (int i = 0; i < 10; ++i) w.track(1, "t", "old" + std::to_string(i));
  w.run_until(22s);
  REQUIRE(w.seen_of(2, 1) == 10);
  const sim::links away{{0, 2}, {1, 2}, {2, 0}, {2, 1}};
  w.cut(away);
  w.stop(1, false);
  if (clock_went_back) w.step_wall_clock(1, -3'600'000'000);
  w.start(1);
  w.track(1, "t", "new");
  w.run_until(28s); // n2 has called nobody down
  CHECK(w.sees(0, "t", "new"));
  CHECK_FALSE(w.sees(0, "t", "old0"));
  CHECK(w.sees(2, "t", "old0"));
  w.heal(away);
  bool risen = false;
  w.run_until(48s, [&] {
    for (int n : {0, 1})
      for (int i = 0; i < 10; ++i) risen = risen || w.sees(n, "t", "old" + std::to_string(i));
    return false;
  });
  CHECK_FALSE(risen);
  CHECK(w.agreed());
  CHECK(w.clean());
  for (int n = 0; n < 3; ++n) CHECK(w.machine(n).state().table().dirty_list("t").size() == 1);
}

TEST_CASE("late joiner never synced") {
  // It comes into a cluster in which nothing happens, and nothing that is said
  // at its coming arrives: not its greeting, or not the others'.
  const auto lost =
      GENERATE(as<sim::links>{}, sim::links{{2, 0}, {2, 1}}, sim::links{{0, 2}, {1, 2}},
               sim::links{{0, 2}, {1, 2}, {2, 0}, {2, 1}});
  world w{5, settings::calm(3)};
  w.start(0);
  w.start(1);
  w.run_until(20s);
  for (int i = 0; i < 50; ++i)
    for (int n : {0, 1}) w.track(n, "t", "k" + std::to_string(i));
  w.run_until(120s);
  w.cut(lost);
  w.start(2);
  w.track(2, "t", "late");
  w.run_until(127s);
  w.heal(lost);
  const auto healed = w.now();
  const auto beat = 9s;
  CHECK(w.run_until(healed + beat + 2 * w.options().broadcast_period, [&] { return w.agreed(); }));
  CHECK(w.seen_of(2, 0) == 50);
  CHECK(w.seen_of(2, 1) == 50);
  CHECK(w.sees(0, "t", "late"));
}

namespace {

/// The least CPU time of this thread that a list of the topic takes, read to
/// its end. The least of many: what else runs cannot make it less.
std::int64_t least_cpu_ns(const crdt::presence_table& table) {
  std::int64_t least = INT64_MAX;
  for (int i = 0; i < 50; ++i) {
    timespec a{}, b{};
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &a);
    std::size_t bytes = 0;
    for (auto x : table.list("t")) bytes += x.key().size();
    ::clock_gettime(CLOCK_THREAD_CPUTIME_ID, &b);
    CHECK(bytes > 0);
    least = std::min<std::int64_t>(least,
                                   (b.tv_sec - a.tv_sec) * 1'000'000'000 + b.tv_nsec - a.tv_nsec);
  }
  return least;
}

std::string heartbeat(const replica_id& id, std::vector<crdt::birth> adds) {
  frame f;
  f.from = id;
  const auto n = adds.size();
  f.clocks = {{id, n}};
  f.full_clocks = true;
  f.deltas.push_back({id, crdt::range{0, n, std::move(adds), {}}});
  return encode(f);
}

} // namespace

TEST_CASE("a list that slows with every dead life") {
  // Upstream's list skips the presences of all who are down, one by one, and
  // remembers all replicas that ever were.
  tracker_options o;
  o.permdown_period = 400s;
  o.link_grace.reset(); // else a life that is superseded is shown for as long
  gossip g{{"here", {1, 1}}, o, 0ms, 0ms};
  const auto bytes = std::string{rollcall::meta{}.bytes()};
  std::vector<std::string> names;
  std::vector<crdt::birth> hundred;
  for (int i = 0; i < 100; ++i) names.push_back("k" + std::to_string(i));
  for (std::uint64_t i = 0; i < 100; ++i)
    hundred.push_back({i + 1, "t", names[i], i, bytes, std::nullopt, std::nullopt});
  for (auto& k : names) g.step(op_track{"t", k, 1, bytes}, 0ms);
  instant now{0};
  auto settle = [&] {
    for (int i = 0; i < 100'000 && g.step(proceed{}, now).more; ++i) {
    }
    for (int i = 0; i < 100; ++i) g.step(proceed{}, now); // what was hidden last is freed
  };
  settle();
  auto& table = *g.state().shared_table();
  const auto objects = table.objects();
  const auto slices = table.slices_in_use();
  const auto alone = least_cpu_ns(table);

  // 400 nodes come with as many presences each, and are not heard again.
  const int lives = 400;
  for (int i = 0; i < lives; ++i)
    g.step(frame_in{heartbeat({"n" + std::to_string(i), {1, 1}}, hundred)}, now);
  CHECK(table.count("t") == 100 * (lives + 1));
  auto run_until = [&](instant t) {
    for (; now < t; now += o.broadcast_period) g.step(tick{}, now);
    settle();
  };
  run_until(40s);
  CHECK(table.count("t") == 100);
  CHECK(table.list("t").size() == 100);
  CHECK(table.dirty_list("t").size() == 100 * (lives + 1));
  // 40,000 are hidden. A walk over them would take hundreds of times as long.
  CHECK(least_cpu_ns(table) < 20 * alone + 20'000);

  // Permdown: nothing is left of them, however many there were.
  run_until(410s);
  CHECK(g.replicas().size() == 1);
  CHECK(table.dirty_list("t").size() == 100);
  CHECK(table.slices_in_use() == slices);
  CHECK(table.objects() <= objects + 5); // the tree may be cut in other places
  CHECK(g.holdings().peers == 0);
  CHECK(g.holdings().ended == 0);

  // One name in life after life: each takes the place of the one before.
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    g.step(frame_in{heartbeat({"n", {i, 1}}, hundred)}, now);
    settle();
    REQUIRE(table.dirty_list("t").size() == 200);
  }
  CHECK(g.replicas().size() == 2);
  CHECK(table.slices_in_use() == slices + 1);
  CHECK(g.holdings().ended <= 1);
  CHECK(table.objects() < objects + 150);
}
