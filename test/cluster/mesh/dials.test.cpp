// Whom a node dials first, when there is more to dial than it can.
#include "test/catch.hpp"
#include "test/cluster/mesh/world.hpp"

using namespace rollcall;
using namespace rollcall::cluster;
using namespace rollcall::cluster::mesh;
using namespace rollcall::cluster::mesh::test;
using namespace std::chrono_literals;

namespace {

constexpr std::size_t dead_from = 1000; ///< places where nobody is
constexpr std::size_t mute_from = 600;

/// What a peer says of so many others that came and went.
void tell_dead(world& w, life& x, std::size_t n) {
  hello h;
  h.cluster = "test";
  h.node = "zz";
  h.inc = {1, 1};
  h.address = to_string(world::address_of(500));
  for (std::size_t i = 0; i < n; ++i)
    h.members.push_back({"pod-" + std::to_string(i), to_string(world::address_of(dead_from + i))});
  const auto bytes = encode(h);
  w.step(x, received{999'999, packet_kind::hello, bytes});
  x.links.erase("zz"); // it is nobody of the world
}

std::size_t dials_to_dead(const life& x) {
  std::size_t n = 0;
  for (const auto& [place, times] : x.dials_to)
    if (place >= dead_from) n += times;
  return n;
}

} // namespace

TEST_CASE("a link lost for a second is back within another, whatever else is being dialed") {
  // 1,000 dead addresses in the book, 40 silent seeds and a dead name server.
  for (const bool swallowed : {false, true}) {
    millis worst{0};
    for (std::uint64_t seed = 1; seed <= 20; ++seed) {
      INFO("seed " << seed << (swallowed ? ", dials swallowed" : ", dials refused"));
      world w{seed};
      w.dead_resolver = true;
      const auto much = [](options& x) {
        x.max_peers = 2000;
        for (std::size_t i = 0; i < 40; ++i) x.seeds.push_back(world::address_of(mute_from + i));
        for (int i = 0; i < 10; ++i)
          x.seeds.push_back({"n" + std::to_string(i) + ".example", 4369});
      };
      for (std::size_t i = 0; i < 40; ++i) w.mute.insert(mute_from + i);
      if (swallowed)
        for (std::size_t i = 0; i < 1000; ++i) w.black.insert(dead_from + i);
      auto& a = w.start("a", 0, {}, much);
      auto& b = w.start("b", 1, {0}, much);
      REQUIRE(w.run_until([&] { return w.full_mesh(); }, 11s));
      for (auto* x : {&a, &b}) {
        const auto broken = w.broken;
        tell_dead(w, *x, 1000);
        w.broken = broken;
        w.step(*x, channel_lost{999'999, "gone"});
        x->downs.clear();
        w.broken = broken;
      }
      w.run(10s + millis{w.pick(20'000)});
      REQUIRE(w.broken == "");
      REQUIRE(w.full_mesh());
      w.cut(0, 1);
      w.cut(1, 0);
      w.break_connections(100);
      w.run(1s);
      w.heal();
      const auto healed_at = w.now;
      REQUIRE(w.run_until([&] { return w.full_mesh(); }, 5s));
      worst = std::max(worst, w.now - healed_at);
    }
    CHECK(worst <= 1s);
  }
}

TEST_CASE("what is hearsay and leads nowhere is dialed ever less, and forgotten in the end") {
  world w{3};
  auto& a = w.start("a", 0, {}, [](options& x) { x.max_peers = 2000; });
  tell_dead(w, a, 1000);
  w.step(a, channel_lost{999'999, "gone"});
  w.broken.clear();
  w.run(5min);
  CHECK(a.machine->peers().size() >= 1000);
  const auto first = dials_to_dead(a);
  w.run(5min);
  const auto rate = static_cast<double>(dials_to_dead(a) - first) / 300;
  CHECK(rate < 15);                // a second; each of the thousand every two minutes
  CHECK(a.refusals.size() < 1200); // each is told once
  w.run(10min + 15s);
  CHECK(a.machine->peers().empty());
  const auto last = a.dials;
  w.run(5min);
  CHECK(a.dials == last);
}

TEST_CASE("a peer that was up is forgotten after the permdown period of the trackers") {
  world w{4};
  auto& a = w.start("a", 0, {});
  auto& b = w.start("b", 1, {0});
  w.step(a, trackers_changed{{{"lobby", 1, 100ms, 500ms, 20'000ms}}});
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 2s));
  w.kill(b);
  w.run(15s);
  CHECK(a.machine->peers().size() == 1);
  w.run(10s);
  CHECK(a.machine->peers().empty());
  w.start("b", 1, {0});
  CHECK(w.run_until([&] { return w.full_mesh(); }, 2s));
}

TEST_CASE("two that were kept apart for longer than they remember each other are joined again by a "
          "third") {
  world w{5};
  w.start("a", 0, {2});
  w.start("b", 1, {2});
  w.start("c", 2, {});
  for (auto* x : w.living()) w.step(*x, trackers_changed{{{"lobby", 1, 100ms, 500ms, 5'000ms}}});
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 2s));
  w.cut(0, 1);
  w.cut(1, 0);
  w.run(10min);
  w.heal();
  CHECK(w.run_until([&] { return w.full_mesh(); }, 10s));
}

TEST_CASE("a name server that hangs does not keep a peer away that advertises a name") {
  world w{6};
  w.names["b.example"] = [](const life&) { return std::vector<std::size_t>{1}; };
  auto& a = w.start("a", 0, {1});
  w.start("b", 1, {}, [](options& x) { x.address = "b.example:4369"; });
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 2s));
  w.run(10s);
  w.dead_resolver = true;
  w.break_connections(100);
  w.run(300ms);
  CHECK(w.run_until([&] { return w.full_mesh(); }, 1s));
  CHECK(a.downs.size() == 1);
}

TEST_CASE("a peer that advertises a name is found where the name leads to when it has moved") {
  world w{7};
  std::size_t where = 1;
  w.names["b.example"] = [&](const life&) { return std::vector<std::size_t>{where}; };
  w.start("a", 0, {1});
  auto& b = w.start("b", 1, {}, [](options& x) { x.address = "b.example:4369"; });
  w.start("c", 2, {0});
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 3s));
  w.run(60s);
  w.kill(b);
  where = 3;
  w.start("b", 3, {}, [](options& x) { x.address = "b.example:4369"; });
  CHECK(w.run_until([&] { return w.full_mesh(); }, 15s));
}
