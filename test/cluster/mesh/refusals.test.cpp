// Whom the mesh refuses, and what it tells them.
#include "test/catch.hpp"
#include "test/cluster/mesh/world.hpp"

using namespace rollcall;
using namespace rollcall::cluster;
using namespace rollcall::cluster::mesh;
using namespace rollcall::cluster::mesh::test;
using namespace std::chrono_literals;

namespace {

hello::tracker lobby(std::uint32_t pool_size, millis broadcast = 1500ms) {
  return {"lobby", pool_size, broadcast, 30'000ms, 1'200'000ms};
}

} // namespace

TEST_CASE("a second node under a living name is refused, and its start ends") {
  for (std::size_t seed : {0u, 1u}) {
    world w{9};
    auto& b = w.start("b", 0, {});
    w.start("x", 1, {0});
    REQUIRE(w.run_until([&] { return w.full_mesh(); }, 1s));
    auto& second = w.start("x", 2, {seed}); // through who knows it, and through itself
    REQUIRE(w.run_until([&] { return second.end.has_value(); }, 5s));
    CHECK(second.end->code == errc::name_in_use);
    CHECK(second.end->message.find("choose another") != std::string::npos);
    CHECK(second.machine->ended());
    w.run(60s);
    CHECK(w.full_mesh());
    CHECK(b.downs.empty());
  }
}

TEST_CASE("a newcomer whose clock is behind is refused its name all the same") {
  world w{10};
  w.start("b", 0, {});
  w.start("x", 1, {0});
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 1s));
  auto& second = w.start("x", 2, {0}, [](options& x) { x.inc = {1, 1}; });
  CHECK(w.run_until([&] { return second.end.has_value(); }, 5s));
}

TEST_CASE("a new life takes the place of one whose host lost its power") {
  for (bool clock_went_back : {false, true}) {
    world w{11};
    auto& b = w.start("b", 0, {});
    auto& x = w.start("x", 1, {0});
    REQUIRE(w.run_until([&] { return w.full_mesh(); }, 1s));
    w.power_off(x);
    w.run(100ms); // nobody has noticed
    auto& again = w.start("x", 1, {0}, [&](options& o) {
      if (clock_went_back) o.inc = {1, 1};
    });
    CHECK(w.run_until([&] { return w.full_mesh(); }, 4s));
    CHECK(!again.end);
    CHECK(b.downs.size() == 1);
  }
}

TEST_CASE("of two of one name that meet after a split the younger ends") {
  world w{12};
  w.start("b", 0, {});
  w.start("c", 1, {0});
  w.cut(0, 1), w.cut(1, 0), w.cut(0, 3), w.cut(3, 0), w.cut(1, 2), w.cut(2, 1), w.cut(2, 3),
      w.cut(3, 2);
  auto& older = w.start("x", 2, {0});
  w.run(1s);
  auto& younger = w.start("x", 3, {1});
  w.run(10s);
  CHECK(older.links.size() == 1);
  CHECK(younger.links.size() == 1);
  w.heal();
  CHECK(w.run_until([&] { return w.living().size() == 3 && w.full_mesh(); }, 60s));
  CHECK(younger.end.has_value());
  CHECK(!older.end);
}

TEST_CASE("other clusters are refused on both sides with what to do, and tried again") {
  world w{13};
  auto& a = w.start("a", 0, {});
  auto& b = w.start("b", 1, {0}, [](options& x) { x.cluster = "other"; });
  w.run(60s);
  CHECK(a.links.empty());
  CHECK(says(b.refusals, errc::cluster_mismatch, "give both the same cluster name"));
  CHECK(says(a.refusals, errc::cluster_mismatch, "give both the same cluster name"));
  CHECK(b.dials > 60 / 5 - 3);
  CHECK(b.refusals.size() <= 3);
}

TEST_CASE("another pool size is refused, at hello and when it comes up later") {
  for (bool later : {false, true}) {
    world w{14};
    auto& a = w.start("a", 0, {});
    auto& b = w.start("b", 1, {0});
    w.start("c", 2, {0, 1});
    w.step(a, trackers_changed{{lobby(2)}});
    if (!later) w.step(b, trackers_changed{{lobby(4)}});
    REQUIRE(w.run_until([&] { return a.links.size() == (later ? 2u : 1u); }, 2s));
    if (later) w.step(b, trackers_changed{{lobby(4)}});
    w.run(30s);
    CHECK(a.links.count("b") == 0);
    CHECK(b.links.count("a") == 0);
    CHECK(b.links.count("c") == 1); // who does not run it is not concerned
    CHECK(says(a.refusals, errc::pool_mismatch, "give it the same on all nodes"));
    CHECK(says(b.refusals, errc::pool_mismatch, "give it the same on all nodes"));
    CHECK(a.refusals.size() <= 4);
    w.step(b, trackers_changed{{lobby(2)}});
    CHECK(w.run_until([&] { return w.full_mesh(); }, 10s));
  }
}

TEST_CASE("other periods are a warning, told once") {
  world w{15};
  auto& a = w.start("a", 0, {});
  auto& b = w.start("b", 1, {0});
  w.step(a, trackers_changed{{lobby(1, 1500ms)}});
  w.step(b, trackers_changed{{lobby(1, 500ms)}});
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 1s));
  w.run(10s);
  REQUIRE(a.warnings.size() == 1);
  CHECK(a.warnings[0].find("broadcast 500 ms") != std::string::npos);
  CHECK(b.warnings.size() == 1);
}

TEST_CASE("a refusal without a word is told with what its code says") {
  world w{3};
  auto& a = w.start("a", 1, {2});
  auto& b = w.start("b", 2, {});
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 2s));
  const auto link = a.links.at("b");
  const auto bytes = pack_refusal({rollcall::errc::pool_mismatch, "", {}, false});
  w.step(a, received{link, packet_kind::refusal, std::string_view{bytes}.substr(1)});
  REQUIRE(a.refusals.size() == 1);
  CHECK(a.refusals[0].message == rollcall::describe(rollcall::errc::pool_mismatch));
  CHECK(b.refusals.empty());
}
