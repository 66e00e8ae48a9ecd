// Nodes that are going: what others are shown of them, and for how long.
#include "test/catch.hpp"
#include "test/sim/world.hpp"

using namespace rollcall;
using namespace rollcall::cluster;
using namespace std::chrono_literals;

namespace {

/// Three nodes; n0 has "ada" in "t".
struct three {
  sim::world w{3, sim::settings::calm(3)};

  three() {
    w.start_all();
    w.run_until(5s);
    w.track(0, "t", "ada");
    w.run_until(6s);
  }
  void pass(millis t) { w.run_until(w.now() + t); }
  std::size_t count(int n) const { return w.machine(n).state().table().count("t"); }
};

} // namespace

TEST_CASE("what a draining node had is shown until its lease is over, though it says bye") {
  three x;
  x.w.drain(0, 10s);
  x.pass(100ms);
  x.w.stop(0, true);
  x.pass(9s);
  CHECK(x.count(1) == 1);
  CHECK(x.count(2) == 1);
  x.pass(2s);
  CHECK(x.count(1) == 0);
  CHECK(x.count(2) == 0);
}

TEST_CASE("a key that comes back elsewhere within the lease is taken over, once") {
  three x;
  x.w.drain(0, 10s);
  x.pass(100ms);
  x.w.track(1, "t", "ada");
  x.pass(100ms);
  for (int n = 0; n < 3; ++n) CHECK(x.count(n) == 1); // the simulation checks that it was a move
  x.w.track(2, "t", "ada");
  x.pass(100ms);
  for (int n = 0; n < 3; ++n) CHECK(x.count(n) == 2); // nothing is left to take over
  x.pass(11s);
  for (int n = 0; n < 3; ++n) CHECK(x.count(n) == 2);
  CHECK(x.w.seen_of(1, 0) == 0);
}

TEST_CASE("a draining node takes no new tracks, and its own presences leave at the end") {
  three x;
  x.w.drain(0, 2s);
  CHECK(x.w.track(0, "t", "bob") == errc::draining);
  CHECK(x.w.update(0, "t", "ada") == errc::none);
  x.pass(1s);
  CHECK(x.count(0) == 1);
  x.pass(2s);
  for (int n = 0; n < 3; ++n) CHECK(x.count(n) == 0);
}

TEST_CASE("a node that starts again within link_grace is taken over key by key") {
  three x;
  x.w.stop(0, false);
  x.w.start(0);
  x.pass(500ms);
  CHECK(x.count(1) == 1); // its life before, still
  x.w.track(0, "t", "ada");
  x.pass(100ms);
  CHECK(x.count(1) == 1);
  x.pass(5s);
  CHECK(x.count(1) == 1);
  CHECK(x.w.seen_of(1, 0) == 1);
}

TEST_CASE("what was taken over while a link was lost is shown again when it is back in time") {
  auto s = sim::settings::calm(2);
  gossip g{{"a", {1, 1}}, s.options, 0ms, 100'000ms};
  const replica_id b{"b", {7, 7}};
  auto frame_of_b = [&](std::optional<crdt::range> what) {
    frame f;
    f.from = b;
    f.clocks = {{b, 1}};
    if (what) f.deltas.push_back({b, std::move(*what)});
    return encode(f);
  };
  crdt::range joined;
  joined.b = 1;
  const auto none = rollcall::meta{};
  joined.adds.emplace_back(1, "t", "ada", 5, none.bytes());
  g.step(link_up{"b"}, 1ms);
  g.step(frame_in{frame_of_b(joined)}, 2ms);
  g.step(link_down{"b"}, 3ms);
  auto did = g.step(op_track{"t", "ada", 1, none.bytes()}, 4ms);
  REQUIRE(did.reports.size() == 1);
  REQUIRE(did.reports[0].changes.size() == 2); // one diff
  CHECK(did.reports[0].changes[0].why == leave_reason::moved);
  CHECK(did.reports[0].changes[1].join);
  CHECK(g.state().table().count("t") == 1);
  g.step(link_up{"b"}, 5ms);
  CHECK(g.state().table().count("t") == 1); // not heard of yet
  did = g.step(frame_in{frame_of_b(std::nullopt)}, 6ms);
  CHECK(g.state().table().count("t") == 2);
}

TEST_CASE("a lease of nothing, or longer than permdown_period, is refused") {
  gossip g{{"a", {1, 1}}, {}, 0ms, 100ms};
  CHECK(g.step(op_drain{0ms}, 1ms).code == errc::bad_lease);
  CHECK(g.step(op_drain{-1ms}, 1ms).code == errc::bad_lease);
  CHECK(g.step(op_drain{87'600h}, 1ms).code == errc::bad_lease);
  CHECK_FALSE(g.draining());
  CHECK(g.step(op_drain{30s}, 1ms).code == errc::none);
  CHECK(g.draining());
}
