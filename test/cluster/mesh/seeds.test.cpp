// A seed is a name: it stands for any number of addresses, and for others later.
#include "test/catch.hpp"
#include "test/cluster/mesh/world.hpp"

using namespace rollcall;
using namespace rollcall::cluster;
using namespace rollcall::cluster::mesh;
using namespace rollcall::cluster::mesh::test;
using namespace std::chrono_literals;

namespace {

using places = std::vector<std::size_t>;

void by_name(options& x) { x.seeds = {{"pods.example", 4369}}; }

bool shows(life& x, const std::string& address, const std::string& text) {
  const auto all = x.machine->peers();
  return std::any_of(all.begin(), all.end(), [&](const cluster_peer& p) {
    return p.address == address && p.reason.find(text) != std::string::npos;
  });
}

} // namespace

TEST_CASE(
    "two nodes that share a name, and each see themselves behind it at first, find each other") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    INFO("seed " << seed);
    world w{seed};
    const auto turns = 1 + w.pick(4); // answers that lead to nobody else
    w.names["pods.example"] = [&w, turns](const life& x) {
      return x.look_ups <= turns ? places{x.place} : places{w.pick(2)};
    };
    auto& a = w.start("a", 0, {}, by_name);
    w.run(500ms);
    CHECK(shows(a, "pods.example:4369", "this node alone"));
    w.run(millis{w.pick(3000)});
    w.start("b", 1, {}, by_name);
    CHECK(w.run_until([&] { return w.full_mesh(); }, 120s));
  }
}

TEST_CASE("nodes whose first answers pair them up become one cluster when the answers change") {
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    INFO("seed " << seed);
    world w{seed};
    w.names["pods.example"] = [&w](const life& x) {
      const auto pair = x.place / 2;
      if (w.now < 20s) return places{2 * pair, 2 * pair + 1};
      return places{w.pick(4), w.pick(4)};
    };
    for (std::size_t i = 0; i < 4; ++i)
      w.start(std::string(1, static_cast<char>('a' + i)), i, {}, by_name);
    w.run(15s);
    for (auto* x : w.living()) REQUIRE(x->links.size() == 1);
    CHECK(w.run_until([&] { return w.full_mesh(); }, 150s));
    INFO(w.describe());
    CHECK(w.broken == "");
  }
}

TEST_CASE("a first address that is mute, swallows all or is absent hides no good one") {
  for (const auto bad : {0, 1, 2}) {
    world w{7};
    if (bad == 0) w.mute.insert(5);
    if (bad == 1) w.black.insert(5);
    w.names["pods.example"] = [](const life&) { return places{5, 6, 1}; };
    auto& a = w.start("a", 0, {}, by_name);
    w.start("b", 1, {});
    CHECK(w.run_until([&] { return w.full_mesh(); }, 1s));
    // and what is missing is seen, and not forgotten
    w.run(10s);
    CHECK(shows(a, "10.0.0.5:4369", "nobody is there"));
    w.mute.clear();
    w.black.clear();
    w.start("c", 5, {});
    CHECK(w.run_until([&] { return w.full_mesh(); }, 40s));
  }
}

TEST_CASE("addresses of a name are tried one soon after the other, not all at one moment") {
  world w{8};
  w.names["pods.example"] = [](const life&) { return places{5, 6, 7, 8}; };
  auto& a = w.start("a", 0, {}, by_name);
  w.black = {5, 6, 7, 8};
  w.run(200ms);
  CHECK(a.dials == 1);
  w.run(900ms);
  CHECK(a.dials == 4);
}

TEST_CASE("a name that is not there yet is tried for ever, and said to be missing") {
  world w{9};
  auto& a = w.start("a", 0, {}, by_name);
  w.run(10min);
  CHECK(a.look_ups >= 35);
  CHECK(a.look_ups <= 90);
  CHECK(shows(a, "pods.example:4369", "cannot be resolved"));
  CHECK(says(a.refusals, errc::unreachable, "cannot be resolved"));
  CHECK(a.refusals.size() <= 11);
  w.names["pods.example"] = [](const life&) { return places{1}; };
  w.start("b", 1, {});
  CHECK(w.run_until([&] { return w.full_mesh(); }, 16s));
  CHECK(a.resolutions == std::vector<std::string>{"it stands for 10.0.0.1:4369"});
}

TEST_CASE("a name is looked up again although all of its addresses are peers") {
  world w{10};
  places now_there{1};
  w.names["pods.example"] = [&](const life&) { return now_there; };
  auto& a = w.start("a", 0, {}, by_name);
  w.start("b", 1, {});
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 2s));
  w.run(10min);
  CHECK(a.look_ups >= 20);
  CHECK(a.look_ups <= 35);
  CHECK(a.dials_to[1] == 1);
  now_there = {1, 2};
  w.start("c", 2, {});
  CHECK(w.run_until([&] { return w.full_mesh(); }, 32s));
}

TEST_CASE("a peer that comes back at another address of the name is found there") {
  world w{11};
  places now_there{1};
  w.names["pods.example"] = [&](const life&) { return now_there; };
  w.start("a", 0, {}, by_name);
  auto& b = w.start("b", 1, {});
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 2s));
  w.run(60s);
  w.kill(b);
  now_there = {2};
  w.start("b", 2, {});
  CHECK(w.run_until([&] { return w.full_mesh(); }, 5s));
}

TEST_CASE("a look-up that hangs is said to, and holds up no dial") {
  world w{12};
  w.dead_resolver = true;
  auto& a = w.start("a", 0, {}, [](options& x) {
    for (int i = 0; i < 60; ++i) x.seeds.push_back({"n" + std::to_string(i) + ".example", 4369});
    x.seeds.push_back(world::address_of(1));
  });
  w.start("b", 1, {});
  CHECK(w.run_until([&] { return w.full_mesh(); }, 500ms));
  w.run(6s);
  CHECK(says(a.refusals, errc::unreachable, "does the name server answer?"));
  CHECK(a.look_ups == 16);
  w.run(5min);
  CHECK(a.look_ups <= 16 * 11); // never more under way than that
}

TEST_CASE("both families of a name are tried in turns") {
  const std::vector<address> all{{"10.0.0.1", 1}, {"10.0.0.2", 1}, {"10.0.0.1", 1}, {"fd00::1", 1}};
  CHECK(in_dialing_order(all)
        == std::vector<address>{{"fd00::1", 1}, {"10.0.0.1", 1}, {"10.0.0.2", 1}});
  std::vector<address> many;
  for (int i = 0; i < 1000; ++i)
    many.push_back({"10.0." + std::to_string(i / 250) + "." + std::to_string(i % 250), 1});
  CHECK(in_dialing_order(many).size() == max_addresses_of_name);
}

TEST_CASE("clusters that find each other by a name alone are whole after any storm") {
  for (std::uint64_t seed = 1; seed <= 100; ++seed) {
    INFO("seed " << seed);
    world w{seed};
    const auto n = 2 + w.pick(5);
    const auto shown = 1 + w.pick(3); // so many addresses at a time, in turns
    w.names["pods.example"] = [&, n, shown](const life&) {
      places result;
      for (std::size_t i = 0; i < shown; ++i) result.push_back(w.pick(n));
      return result;
    };
    std::vector<life*> at(n);
    const auto start = [&](std::size_t i) {
      at[i] = &w.start(std::string(1, static_cast<char>('a' + (i * 7) % 26)), i, {}, by_name);
    };
    for (std::size_t i = 0; i < n; ++i) {
      start(i);
      if (w.pick(2) == 0) w.run(millis{w.pick(5000)});
    }
    for (int i = 0; i < 12; ++i) {
      const auto k = w.pick(n);
      switch (w.pick(6)) {
      case 0:
        if (at[k]->alive) w.kill(*at[k]);
        break;
      case 1:
        if (!at[k]->alive) start(k);
        break;
      case 2:
        w.cut(k, w.pick(n));
        break;
      case 3:
        w.break_connections(50);
        break;
      case 4:
        w.dead_resolver = !w.dead_resolver;
        break;
      default:
        w.heal();
      }
      w.run(millis{w.pick(10'000)});
    }
    w.heal();
    w.dead_resolver = false;
    for (std::size_t i = 0; i < n; ++i)
      if (!at[i]->alive) start(i);
    const bool healed = w.run_until([&] { return w.full_mesh() && w.living().size() == n; }, 300s);
    CHECK(w.broken == "");
    INFO(w.describe());
    REQUIRE(healed);
  }
}
