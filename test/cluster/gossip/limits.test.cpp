// What is bounded stays bounded, and what is refused harms nothing.
#include "test/catch.hpp"
#include "test/sim/world.hpp"

#include <string>

using namespace rollcall;
using namespace rollcall::cluster;
using namespace std::chrono_literals;
using sim::settings;
using sim::world;

namespace {

const replica_id b{"b", {7, 7}}, c{"c", {8, 8}};

std::string heartbeat_of(const replica_id& id, crdt::clock_value clock = 0) {
  frame f;
  f.from = id;
  f.clocks = {{id, clock}};
  f.full_clocks = true;
  return encode(f);
}

const auto empty_meta = std::string{rollcall::meta{}.bytes()};

} // namespace

TEST_CASE("a peer that stands still costs its account, and pulls when it is back") {
  auto s = settings::calm(2);
  s.options.limits.max_outstanding_bytes = 2000;
  s.options.limits.max_frame_presences = 5;
  world w{1, s};
  w.start_all();
  w.run_until(10s);
  w.cut({{1, 0}}); // n1 hears all, and nothing that it says arrives
  for (int i = 0; i < 300; ++i) {
    w.track(0, "t", "k" + std::to_string(i));
    w.run_until(w.now() + 30ms);
  }
  CHECK(w.machine(0).holdings().most_outstanding > 1000);
  CHECK(w.seen_of(1, 0) < 300); // no deltas past the limit, and its pulls are lost
  w.heal({{1, 0}});
  const auto healed = w.now();
  CHECK(w.run_until(healed + 3 * w.options().broadcast_period, [&] { return w.agreed(); }));
  w.run_until(w.now() + 10s);
  CHECK(w.machine(0).holdings().most_outstanding == 0);
}

TEST_CASE("a steady stream of changes never reaches the limit of a peer that listens") {
  // It tells its clocks after a quarter of the limit, so nothing is pulled.
  auto s = settings::calm(2);
  s.options.limits.max_outstanding_bytes = 4000;
  world w{1, s};
  w.start_all();
  w.run_until(10s);
  for (int i = 0; i < 400; ++i) {
    w.track(0, "t", "k" + std::to_string(i));
    w.run_until(w.now() + 30ms);
  }
  w.run_until(w.now() + 100ms);
  CHECK(w.agreed());
  CHECK(w.count().frames[static_cast<std::size_t>(frame_kind::pull)] == 0);
}

TEST_CASE("one flush larger than what a peer may be sent is pulled instead") {
  auto s = settings::calm(3);
  s.options.limits.max_outstanding_bytes = 1000;
  s.options.limits.max_frame_presences = 10;
  world w{1, s};
  w.start_all();
  w.run_until(10s);
  for (int i = 0; i < 200; ++i) w.track(0, "t", "k" + std::to_string(i));
  CHECK(w.run_until(w.now() + 300ms, [&] { return w.agreed(); })); // at once, not at the tick
}

// Ten thousand go through real processes (test/process); here each is checked
// against all before it.
TEST_CASE("thousands at once arrive whole, in frames of bounded size") {
  world w{1, settings::calm(3)};
  w.start_all();
  w.run_until(10s);
  for (int i = 0; i < 3000; ++i) w.track(0, "t", "k" + std::to_string(i));
  const auto t = w.now();
  CHECK(w.run_until(t + w.options().broadcast_period, [&] { return w.agreed(); }));
  CHECK(w.count().frames[static_cast<std::size_t>(frame_kind::pull)] == 0);
  CHECK(w.count().frames[static_cast<std::size_t>(frame_kind::heartbeat)] < 60);
}

TEST_CASE("a large slice is hidden, shown and dropped in pieces") {
  auto s = settings::calm(2);
  s.options.limits.batch = 10;
  world w{1, s};
  w.start_all();
  w.run_until(10s);
  for (int i = 0; i < 500; ++i) w.track(0, "t", "k" + std::to_string(i));
  w.run_until(20s);
  w.cut({{0, 1}, {1, 0}});
  std::size_t before = 500;
  bool in_pieces = true;
  w.run_until(60s, [&] {
    const auto seen = w.seen_of(1, 0);
    in_pieces = in_pieces && before - seen <= 10;
    before = seen;
    return seen == 0;
  });
  CHECK(in_pieces);
  CHECK(w.seen_of(1, 0) == 0);
  w.heal({{0, 1}, {1, 0}});
  w.run_until(80s);
  CHECK(w.seen_of(1, 0) == 500);
  w.check_all();
}

TEST_CASE("more replicas than max_replicas are not held") {
  tracker_options o;
  o.limits.max_replicas = 1;
  gossip g{{"a", {1, 1}}, o, 0ms, 100ms};
  g.step(link_up{"b"}, 1ms);
  g.step(link_up{"c"}, 1ms);
  CHECK(g.step(frame_in{heartbeat_of(b)}, 2ms).events.size() == 1);
  auto did = g.step(frame_in{heartbeat_of(c)}, 3ms);
  REQUIRE(did.events.size() == 1);
  CHECK(did.events[0].what == replica_change::no_room);
  CHECK(did.frames.empty());
  CHECK(g.replicas().size() == 2);
  CHECK(g.holdings().lives == 1);
}

TEST_CASE("a node that is gone and not linked leaves nothing behind") {
  tracker_options o;
  gossip g{{"a", {1, 1}}, o, 0ms, 0ms};
  g.step(link_up{"b"}, 1ms);
  g.step(frame_in{heartbeat_of(b)}, 1ms);
  g.step(link_down{"b"}, 1ms);
  CHECK(g.holdings().peers == 1);
  for (instant t{0}; t <= o.permdown_period + 3s; t += o.broadcast_period) g.step(tick{}, t);
  CHECK(g.holdings().peers == 0);
  CHECK(g.holdings().ended == 0);
  CHECK(g.replicas().size() == 1);
}

TEST_CASE("bytes that are no frame are counted and dropped") {
  gossip g{{"a", {1, 1}}, {}, 0ms, 100ms};
  auto bytes = heartbeat_of(b);
  bytes.back() = static_cast<char>(bytes.back() ^ 1);
  auto did = g.step(frame_in{bytes}, 1ms);
  CHECK(did.events.empty());
  CHECK(did.reports.empty());
  CHECK(g.stats().frames_in[0] == 1);
  g.step(frame_in{""}, 1ms);
  CHECK(g.stats().frames_in[0] == 2);
  CHECK(g.stats().bytes_in[0] == bytes.size());
}

TEST_CASE("nobody writes into our own slice") {
  gossip g{{"a", {1, 1}}, {}, 0ms, 100ms};
  g.step(link_up{"b"}, 1ms);
  frame f;
  f.from = b;
  f.clocks = {{b, 0}};
  f.deltas.push_back({g.self(), crdt::range{0, 1, {{1, "t", "k", 1, empty_meta, {}, {}}}, {}}});
  CHECK(g.step(frame_in{encode(f)}, 1ms).reports.empty());
  CHECK(g.state().clock() == 0);
  CHECK(g.stats().merges == 0);
  f.from = g.self(); // and a frame of our own is no peer
  CHECK(g.step(frame_in{encode(f)}, 1ms).events.empty());
  CHECK(g.step(link_up{"a"}, 1ms).frames.empty());
}

TEST_CASE("a dead life is told of the higher one at most once a period") {
  gossip g{{"a", {1, 1}}, {}, 0ms, 100ms};
  g.step(link_up{"b"}, 1ms);
  g.step(frame_in{heartbeat_of(b)}, 1ms);
  const auto old = heartbeat_of({"b", {6, 0}});
  auto did = g.step(frame_in{old}, 2ms);
  REQUIRE(did.frames.size() == 1);
  CHECK(did.events.empty());
  const auto told = decode(*did.frames[0].bytes, limits{});
  bool named = false;
  for (auto& [who, clock] : told.frame.clocks) named |= who == b;
  CHECK(named);
  CHECK(g.step(frame_in{old}, 1000ms).frames.empty());
  CHECK(g.step(frame_in{old}, 1502ms).frames.size() == 1);
}

TEST_CASE("what a shard restores keeps its refs here and on the others") {
  const rollcall::ref first{{3, 3}, 17}, before{{3, 3}, 12};
  gossip a{{"a", {5, 5}}, {}, 0ms, 100ms}, z{{"z", {5, 6}}, {}, 0ms, 100ms};
  a.step(link_up{"z"}, 1ms);
  z.step(frame_in{heartbeat_of(a.self())}, 1ms);
  a.step(frame_in{heartbeat_of(z.self())}, 1ms);
  auto did = a.step(op_restore{"t", "k", 9, empty_meta, first, before}, 2ms);
  CHECK(did.code == errc::none);
  CHECK(did.ref == first);
  CHECK(did.prev_ref == before);
  CHECK(a.step(op_restore{"t", "k", 9, empty_meta, first, before}, 2ms).code
        == errc::already_tracked);
  for (auto& f : a.step(timer_due{}, 30ms).frames) z.step(frame_in{*f.bytes}, 31ms);
  const auto seen = z.state().table().list("t").to_vector();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].ref == first);
  CHECK(seen[0].prev_ref == before);
  auto updated = a.step(op_update{"t", "k", 9, empty_meta}, 40ms);
  CHECK(updated.prev_ref == first);
  CHECK(updated.ref
        == rollcall::ref{{5, 5}, 3}); // the join of the restored is 1, the update 2 and 3
}

TEST_CASE("operations answer as the contract says") {
  gossip g{{"a", {1, 1}}, {}, 0ms, 100ms};
  auto did = g.step(op_track{"t", "k", 1, empty_meta}, 1ms);
  CHECK(did.ref == rollcall::ref{{1, 1}, 1});
  CHECK_FALSE(did.prev_ref.has_value());
  CHECK_FALSE(did.wake_at); // it went out at once
  CHECK(g.step(op_track{"t", "gathered", 1, empty_meta}, 1ms).wake_at == 26ms);
  CHECK(g.step(op_track{"t", "k", 1, empty_meta}, 2ms).code == errc::already_tracked);
  CHECK(g.step(op_update{"t", "l", 1, empty_meta}, 2ms).code == errc::nopresence);
  CHECK(g.step(op_untrack{"t", "l", 1}, 2ms).code == errc::none); // of nothing: well
  did = g.step(op_untrack_all{4}, 2ms);
  CHECK(did.code == errc::none);
  CHECK(did.untracked == std::vector<std::uint64_t>{4});
  CHECK_FALSE(did.more);
  CHECK(did.reports.empty());
}

TEST_CASE("with a flush interval of zero a change goes out in its own step") {
  tracker_options o;
  o.flush_interval = 0ms;
  gossip g{{"a", {1, 1}}, o, 0ms, 100ms};
  g.step(link_up{"b"}, 1ms);
  g.step(frame_in{heartbeat_of(b)}, 1ms);
  auto did = g.step(op_track{"t", "k", 1, empty_meta}, 2ms);
  CHECK(did.frames.size() == 1);
  CHECK_FALSE(did.wake_at.has_value());
}

TEST_CASE("the frames of a flush announce no less than was announced before them") {
  // Seed 1000111: with no removal log a flush is told in parts, from the first
  // dot on, and each frame announced the dot that it had come to.
  tracker_options o;
  o.limits.max_removal_log = 0;
  o.limits.max_frame_presences = 1;
  gossip g{{"a", {1, 1}}, o, 0ms, 100ms};
  g.step(link_up{"b"}, 1ms);
  g.step(frame_in{heartbeat_of(b)}, 1ms);
  for (int i = 0; i < 100; ++i) g.step(op_track{"t", "k" + std::to_string(i), 1, empty_meta}, 2ms);
  g.step(timer_due{}, 27ms);
  g.step(op_track{"t", "new", 1, empty_meta}, 30ms);
  g.step(op_untrack{"t", "new", 1}, 31ms);
  g.step(op_track{"t", "newer", 1, empty_meta}, 32ms);
  const auto did = g.step(timer_due{}, 60ms);
  REQUIRE(did.frames.size() > 1);
  for (auto& f : did.frames) {
    const auto d = decode(*f.bytes, o.limits);
    REQUIRE(d.frame.clocks.size() == 1);
    CHECK(d.frame.clocks[0].second >= 100);
  }
}
