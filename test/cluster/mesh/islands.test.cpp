// Two lives of one name: who keeps it, in whatever order things happen.
#include "test/catch.hpp"
#include "test/cluster/mesh/world.hpp"

using namespace rollcall;
using namespace rollcall::cluster;
using namespace rollcall::cluster::mesh;
using namespace rollcall::cluster::mesh::test;
using namespace std::chrono_literals;

namespace {

void split(world& w, const std::vector<std::size_t>& one, const std::vector<std::size_t>& other) {
  for (auto a : one)
    for (auto b : other) w.cut(a, b), w.cut(b, a);
}

} // namespace

TEST_CASE("of two islands with one name the older life keeps it, in every order of events") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    world w{seed};
    // places 0 to 2 and 3 to 5, an x in each; all others have names of their own,
    // in any order around "x"
    split(w, {0, 1, 2}, {3, 4, 5});
    const std::string others[] = {"a", "b", "m", "w", "y", "z"};
    const auto older_first = w.pick(2) == 0;
    life* x[2] = {};
    const auto start = [&](std::size_t island) {
      const auto base = 3 * island;
      w.start(others[(seed + 2 * island) % 6], base, {});
      w.start(others[(seed + 2 * island + 1) % 6], base + 1, {base});
      w.run(millis{w.pick(2000)});
      x[island] = &w.start("x", base + 2, {base + w.pick(2)});
      w.run(millis{500 + w.pick(5000)});
    };
    start(older_first ? 0 : 1);
    start(older_first ? 1 : 0);
    auto& older = *x[older_first ? 0 : 1];
    auto& younger = *x[older_first ? 1 : 0];
    REQUIRE(older.links.size() == 2);
    REQUIRE(younger.links.size() == 2);
    // a bridge: somebody hears of somebody else, by a seed or anew
    w.heal();
    w.start("n", 6, {w.pick(3), 3 + w.pick(3)});
    if (w.pick(3) == 0) w.break_connections(50);
    const bool healed = w.run_until([&] { return w.living().size() == 6 && w.full_mesh(); }, 120s);
    CHECK(w.broken == "");
    INFO(w.describe());
    REQUIRE(healed);
    CHECK(!older.end);
    CHECK(older.lost_names.empty());
    REQUIRE(younger.end.has_value());
    CHECK(younger.end->code == errc::name_in_use);
    CHECK(younger.lost_names.size() == 1);
  }
}

TEST_CASE("of a suspended node and its replacement one is left, the one that has links") {
  std::size_t replaced = 0;
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    world w{seed};
    w.start(seed % 2 == 0 ? "a" : "y", 0, {});
    w.start(seed % 3 == 0 ? "b" : "z", 1, {0});
    auto& first = w.start("x", 2, {0});
    REQUIRE(w.run_until([&] { return w.full_mesh(); }, 3s));
    w.run(millis{w.pick(10'000)});
    w.pause(first);
    w.run(millis{w.pick(w.pick(2) == 0 ? 3000 : 20'000)});
    auto& second = w.start("x", 3, {w.pick(2)});
    w.run(millis{w.pick(6000)});
    w.resume(first);
    const bool settled = w.run_until([&] { return w.living().size() == 3 && w.full_mesh(); }, 60s);
    CHECK(w.broken == "");
    INFO(w.describe());
    REQUIRE(settled);
    const auto& loser = first.end ? first : second;
    const auto& winner = first.end ? second : first;
    REQUIRE(loser.end.has_value());
    CHECK(loser.lost_names.size() == 1);
    CHECK(!winner.end);
    CHECK(winner.lost_names.empty());
    CHECK(winner.links.size() == 2);
    replaced += first.end ? 1 : 0;
  }
  CHECK(replaced > 50); // both outcomes are in it
  CHECK(replaced < 290);
}

TEST_CASE("a node that has lost its name ends, or waits for it if told so") {
  world w{3};
  w.start("b", 0, {});
  auto& first = w.start("x", 1, {0});
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 2s));
  auto& second = w.start("x", 2, {0}, [](options& x) { x.wait_for_name = true; });
  w.run(65s);
  CHECK(!second.end);
  CHECK(second.links.empty());
  CHECK(second.lost_names.size() == 2); // once a minute
  CHECK(first.links.size() == 1);
  w.kill(first);
  CHECK(w.run_until([&] { return second.links.size() == 1; }, 10s));
}

TEST_CASE("two clusters that meet by chance end none of each other's nodes") {
  for (const bool by_a_port : {false, true}) {
    for (std::uint64_t seed = 1; seed <= 50; ++seed) {
      INFO("seed " << seed);
      world w{seed};
      const auto apart = [](options& x) { x.islands_merge = false; };
      // the same names, at a default cluster name
      for (std::size_t i = 0; i < 3; ++i)
        w.start(std::string(1, static_cast<char>('a' + i)), i,
                i == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{0}, apart);
      w.run(2s);
      for (std::size_t i = 0; i < 3; ++i)
        w.start(std::string(1, static_cast<char>('a' + i)), 10 + i,
                i == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{10}, apart);
      w.run(5s);
      for (auto* x : w.living()) REQUIRE(x->links.size() == 2);
      // one of the first ends, and one of the second gets its port; or somebody new has both
      if (by_a_port) {
        w.kill(*w.living()[2]);
        w.start("d", 2, {10}, apart);
      } else {
        w.start("d", 5, {0, 10}, apart);
      }
      w.run(120s);
      CHECK(w.broken == "");
      for (auto* x : w.living()) {
        CHECK(!x->end);
        CHECK(x->lost_names.empty());
      }
      CHECK(w.living().size() == (by_a_port ? 6 : 7));
    }
  }
}
