// What works and was yet not meant so: one warning, on the nodes concerned.
#include "test/catch.hpp"
#include "test/cluster/mesh/world.hpp"

using namespace rollcall;
using namespace rollcall::cluster;
using namespace rollcall::cluster::mesh;
using namespace rollcall::cluster::mesh::test;
using namespace std::chrono_literals;

namespace {

hello::tracker named(const std::string& name) { return {name, 1, 1500ms, 30'000ms, 1'200'000ms}; }

std::size_t warned(const life& x, const std::string& text) {
  return static_cast<std::size_t>(
      std::count_if(x.warnings.begin(), x.warnings.end(),
                    [&](const std::string& w) { return w.find(text) != std::string::npos; }));
}

bool shown(const life& x, const std::string& peer, const std::string& text) {
  const auto all = x.machine->peers();
  return std::any_of(all.begin(), all.end(), [&](const cluster_peer& p) {
    return p.name == peer && p.warning.find(text) != std::string::npos;
  });
}

} // namespace

TEST_CASE("nodes whose trackers have no name in common are told once, both") {
  world w{1};
  auto& a = w.start("a", 0, {});
  auto& b = w.start("b", 1, {0});
  w.step(a, trackers_changed{{named("lobby")}});
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 1s));
  w.run(3s);
  CHECK(b.warnings.empty()); // its own may still be about to start
  w.step(b, trackers_changed{{named("hall")}});
  w.run(50s);
  for (auto* x : {&a, &b}) CHECK(warned(*x, "give the trackers of all nodes one name") == 1);
  CHECK(shown(a, "b", "none of the same name"));
  CHECK(shown(b, "a", "none of the same name"));
}

TEST_CASE("nodes that advertise one address are told once, both, and see it with the peer") {
  for (const bool linked : {true, false}) {
    world w{2};
    const auto same = [](options& x) { x.address = "10.0.0.50:4369"; };
    auto& c = w.start("c", 2, {});
    auto& a = w.start("a", 0, {2}, same);
    auto& b = w.start("b", 1, linked ? std::vector<std::size_t>{0, 2} : std::vector<std::size_t>{2},
                      same);
    w.run(50s);
    for (auto* x : {&a, &b}) CHECK(warned(*x, "both advertise 10.0.0.50:4369") == 1);
    CHECK(shown(a, "b", "both advertise"));
    CHECK(shown(b, "a", "both advertise"));
    CHECK(warned(c, "both advertise") == 0);
  }
}

TEST_CASE("a node that advertises an address where it is not is told, and its peer too") {
  for (const char* wrong : {"10.0.0.60:4369", "nowhere.example:4369", "10.0.0.2:4369"}) {
    INFO(wrong);
    world w{3};
    auto& a = w.start("a", 0, {});
    w.start("c", 2, {0});
    w.run(2s);
    auto& b = w.start("b", 1, {0}, [&](options& x) { x.address = wrong; });
    w.run(55s);
    CHECK(warned(b, "does not find this node at " + std::string{wrong}) == 1);
    CHECK(warned(a, "b advertises " + std::string{wrong}) == 1);
    CHECK(shown(a, "b", "does not find it"));
    CHECK(shown(b, "a", "does not find this node"));
  }
}

TEST_CASE("a node that is where it says hears nothing of it") {
  world w{4};
  w.names["b.example"] = [](const life&) { return std::vector<std::size_t>{1}; };
  w.start("a", 0, {});
  w.start("b", 1, {0}, [](options& x) { x.address = "b.example:4369"; });
  w.start("c", 2, {0});
  w.run(5min);
  CHECK(w.full_mesh());
  for (auto* x : w.living()) CHECK(x->warnings.empty());
}
