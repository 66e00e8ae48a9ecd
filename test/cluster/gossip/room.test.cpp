// Limits that are reached: the longest down make room for the living; what is kept
// out is told and counted, and made up for as soon as there is room.
#include "test/catch.hpp"
#include "test/sim/world.hpp"

using namespace rollcall;
using namespace rollcall::cluster;
using namespace std::chrono_literals;
using sim::settings;
using sim::world;

namespace {

const replica_id b{"b", {7, 7}}, c{"c", {8, 8}}, d{"d", {9, 9}};

std::string heartbeat_of(const replica_id& id, crdt::clock_value clock = 0) {
  frame f;
  f.from = id;
  f.clocks = {{id, clock}};
  f.full_clocks = true;
  return encode(f);
}

std::size_t count(const actions& a, replica_change what) {
  return static_cast<std::size_t>(
      std::count_if(a.events.begin(), a.events.end(), [&](auto& e) { return e.what == what; }));
}

bool sends(const actions& a, std::string_view to, frame_kind kind) {
  return std::any_of(a.frames.begin(), a.frames.end(), [&](auto& f) {
    return std::find(f.to.begin(), f.to.end(), to) != f.to.end()
           && decode(*f.bytes, limits{}).frame.kind == kind;
  });
}

/// Ticks until t, so that who is silent is down.
instant ticks(gossip& g, instant from, instant to, const tracker_options& o) {
  for (; from <= to; from += o.broadcast_period) g.step(tick{}, from);
  return from;
}

const auto empty_meta = std::string{rollcall::meta{}.bytes()};

} // namespace

TEST_CASE("the longest down makes room for a node that comes") {
  tracker_options o;
  o.limits.max_replicas = 2;
  gossip g{{"a", {1, 1}}, o, 0ms, 0ms};
  g.step(link_up{"b"}, 1ms);
  g.step(link_up{"c"}, 1ms);
  g.step(frame_in{heartbeat_of(b)}, 2ms);
  g.step(frame_in{heartbeat_of(c)}, 3ms);
  g.step(link_down{"b"}, 4ms);
  g.step(link_down{"c"}, 4ms);
  const auto t = ticks(g, 0ms, o.effective_down_period() + 5s, o);
  CHECK(sends(g.step(link_up{"d"}, t), "d", frame_kind::heartbeat));
  const auto did = g.step(frame_in{heartbeat_of(d, 5)}, t);
  CHECK(count(did, replica_change::permdown) == 1);
  CHECK(did.events.at(0).whose == b); // the first that fell silent
  CHECK(count(did, replica_change::up) == 1);
  CHECK(sends(did, "d", frame_kind::pull));
  CHECK(g.stats().evicted == 1);
  CHECK(g.holdings().lives == 2);
}

TEST_CASE("where all places are the living's, the next is told of, and served when one is free") {
  tracker_options o;
  o.limits.max_replicas = 1;
  gossip g{{"a", {1, 1}}, o, 0ms, 0ms};
  g.step(link_up{"b"}, 1ms);
  g.step(frame_in{heartbeat_of(b)}, 2ms);
  g.step(link_up{"c"}, 3ms);
  const auto kept_out = g.step(frame_in{heartbeat_of(c, 5)}, 4ms);
  REQUIRE(count(kept_out, replica_change::no_room) == 1);
  CHECK(kept_out.events[0].whose == c);
  CHECK(kept_out.events[0].limit == "max_replicas");
  CHECK(g.stats().no_room == 1);
  CHECK(count(g.step(frame_in{heartbeat_of(c, 5)}, 5ms), replica_change::no_room) == 0);

  frame bye;
  bye.kind = frame_kind::bye;
  bye.from = b;
  g.step(frame_in{encode(bye)}, 7ms);
  const auto did = g.step(frame_in{heartbeat_of(c, 5)}, 8ms);
  CHECK(count(did, replica_change::up) == 1);
  CHECK(sends(did, "c", frame_kind::pull));
}

TEST_CASE("a link that found no place among thousands is made up for by its first frame") {
  tracker_options o;
  o.limits.max_replicas = 1;
  gossip g{{"a", {1, 1}}, o, 0ms, 0ms};
  for (int i = 0; i < 1025; ++i) g.step(link_up{"n" + std::to_string(i)}, 1ms);
  CHECK(g.step(link_up{"c"}, 2ms).frames.empty());
  CHECK(g.holdings().peers == 1025);
  CHECK(g.stats().no_room == 1);
  g.step(link_down{"n7"}, 3ms);
  const auto bytes = heartbeat_of(c, 5);
  const auto did = g.step(frame_in{bytes, "c"}, 4ms);
  CHECK(sends(did, "c", frame_kind::heartbeat));
  CHECK(sends(did, "c", frame_kind::pull));
}

TEST_CASE("two places, two that are killed, a third that lives: all see each other") {
  auto s = settings::calm(4);
  s.options.limits.max_replicas = 2;
  s.links = sim::link_mode::signalled;
  world w{1, s};
  w.start(0);
  w.start(1);
  w.start(2);
  w.run_until(10s);
  w.track(0, "t", "k");
  w.stop(1, false);
  w.stop(2, false);
  w.run_until(60s); // down, and not yet forgotten
  w.start(3);
  w.track(3, "t", "l");
  CHECK(w.run_until(75s, [&] { return w.sees(0, "t", "l") && w.sees(3, "t", "k"); }));
}

TEST_CASE("hidden presences make room for the living's") {
  auto s = settings::calm(3);
  s.options.limits.max_presences = 6;
  s.options.limits.batch = 1;
  world w{1, s};
  w.start(0);
  w.start(1);
  w.run_until(10s);
  for (int i = 0; i < 5; ++i) w.track(1, "t", "dead" + std::to_string(i));
  w.run_until(20s);
  w.stop(1, false);
  w.run_until(60s);
  REQUIRE(w.machine(0).state().table().size() == 5);
  SECTION("of another node") {
    w.start(2);
    for (int i = 0; i < 5; ++i) w.track(2, "t", "k" + std::to_string(i));
    CHECK(w.run_until(75s, [&] { return w.seen_of(0, 2) == 5; }));
  }
  SECTION("of this one") {
    for (int i = 0; i < 6; ++i) CHECK(w.track(0, "t", "k" + std::to_string(i)) == errc::none);
    CHECK(w.track(0, "t", "one more") == errc::limit_reached);
  }
}

TEST_CASE("presences of a drained life that is over make room for its successor's") {
  auto s = settings::calm(2);
  s.options.limits.max_presences = 2;
  world w{1, s};
  w.start_all();
  w.run_until(10s);
  w.track(1, "t", "old1");
  w.track(1, "t", "old2");
  w.run_until(11s);
  w.drain(1, 60s);
  w.run_until(12s);
  w.stop(1, true);
  w.run_until(13s);
  REQUIRE(w.sees(0, "t", "old1")); // until the lease ends
  SECTION("on another node") {
    w.start(1);
    w.track(1, "t", "new1");
    w.track(1, "t", "new2");
    CHECK(w.run_until(20s, [&] { return w.sees(0, "t", "new1") && w.sees(0, "t", "new2"); }));
  }
  SECTION("and for tracks of this one") { CHECK(w.track(0, "t", "here") == errc::none); }
}

TEST_CASE("who died and is still being untracked makes room for the next track") {
  tracker_options o;
  o.limits.batch = 1;
  SECTION("of the table") { o.limits.max_presences = 3; }
  SECTION("of the node's share") { o.limits.max_presences_per_replica = 3; }
  gossip g{{"a", {1, 1}}, o, 0ms, 100ms};
  for (auto key : {"k", "l", "m"}) g.step(op_track{"t", key, 7, empty_meta}, 1ms);
  const std::uint64_t dead[] = {7};
  g.step(op_actors_gone{dead}, 2ms); // one of three, in this step
  CHECK(g.step(op_track{"t", "n", 8, empty_meta}, 2ms).code == errc::none);
  CHECK(g.step(op_track{"t", "o", 8, empty_meta}, 2ms).code == errc::none);
  CHECK(g.step(op_track{"t", "p", 8, empty_meta}, 2ms).code == errc::none);
  CHECK(g.step(op_track{"t", "q", 8, empty_meta}, 2ms).code == errc::limit_reached);
}

TEST_CASE("presences for which there is no room are told of, and come when there is") {
  tracker_options o;
  o.limits.max_presences = 2;
  gossip g{{"a", {1, 1}}, o, 0ms, 100ms};
  g.step(link_up{"b"}, 1ms);
  g.step(op_track{"t", "own", 1, empty_meta}, 1ms);
  frame push;
  push.from = b;
  push.clocks = {{b, 2}};
  push.deltas.push_back({b, crdt::range{0, 2, {}, {}}});
  auto& adds = std::get<crdt::range>(push.deltas[0].what).adds;
  adds.emplace_back(1, "t", "k", 1, empty_meta);
  adds.emplace_back(2, "t", "l", 1, empty_meta);
  const auto did = g.step(frame_in{encode(push)}, 2ms);
  REQUIRE(count(did, replica_change::no_room) == 1);
  CHECK(did.events.back().limit == "max_presences");
  CHECK(g.stats().no_room == 1);
  CHECK(sends(did, "b", frame_kind::pull)); // it is a gap

  g.step(op_untrack{"t", "own", 1}, 3ms);
  CHECK(sends(g.step(tick{}, 2s), "b", frame_kind::pull)); // and stays one
  push.kind = frame_kind::state;
  push.at = answer_position{{b, 1}, 0, true};
  g.step(frame_in{encode(push)}, 2s);
  CHECK(g.state().table().count("t") == 2);
  CHECK_FALSE(sends(g.step(tick{}, 4s), "b", frame_kind::pull));
}

TEST_CASE("one node's presences have a share, at home and everywhere else") {
  auto s = settings::calm(2);
  s.options.limits.max_presences_per_replica = 3;
  world w{1, s};
  w.start_all();
  w.run_until(10s);
  for (int i = 0; i < 3; ++i) REQUIRE(w.track(0, "t", "k" + std::to_string(i)) == errc::none);
  CHECK(w.track(0, "t", "k3") == errc::limit_reached);
  CHECK(w.update(0, "t", "k0") == errc::none);
  w.run_until(20s);
  CHECK(w.agreed());

  // One that does not heed it is not believed further.
  tracker_options o;
  o.limits.max_bytes_per_replica = 300;
  gossip g{{"a", {1, 1}}, o, 0ms, 0ms};
  g.step(link_up{"b"}, 1ms);
  frame push;
  push.from = b;
  crdt::range many{0, 10, {}, {}};
  std::vector<std::string> keys;
  for (char x = 'a'; x <= 'j'; ++x) keys.emplace_back(1, x);
  for (std::size_t i = 0; i < keys.size(); ++i)
    many.adds.emplace_back(i + 1, "t", keys[i], 1, empty_meta);
  push.clocks = {{b, 10}};
  push.deltas.push_back({b, many});
  const auto did = g.step(frame_in{encode(push)}, 2ms);
  CHECK(g.state().table().size() == 0);
  REQUIRE(count(did, replica_change::no_room) == 1);
  CHECK(did.events.back().limit == "max_bytes_per_replica");
}

TEST_CASE("a node's bytes have a share that updates count against") {
  tracker_options o;
  o.limits.max_bytes_per_replica = 200;
  gossip g{{"a", {1, 1}}, o, 0ms, 0ms};
  const rollcall::meta large{{"x", std::string(150, 'x')}};
  CHECK(g.step(op_track{"t", "k", 1, empty_meta}, 1ms).code == errc::none);
  CHECK(g.step(op_update{"t", "k", 1, large.bytes()}, 2ms).code == errc::limit_reached);
  CHECK(g.step(op_track{"t", "l", 1, empty_meta}, 3ms).code == errc::none);
  CHECK(g.step(op_track{"t", "m", 1, empty_meta}, 4ms).code == errc::limit_reached);
  CHECK(g.step(op_untrack{"t", "l", 1}, 5ms).code == errc::none);
  CHECK(g.step(op_track{"t", "m", 1, empty_meta}, 6ms).code == errc::none);
}

TEST_CASE("4,096 replicas are held by default, one more is told of, and what is said of all fits") {
  const tracker_options o;
  gossip g{{"a", {1, 1}}, o, 0ms, 0ms};
  for (std::uint64_t i = 0; i < 4096; ++i) {
    const auto name = "n" + std::to_string(i);
    g.step(link_up{name}, 1ms);
    g.step(frame_in{heartbeat_of({name, {2, i}})}, 2ms);
  }
  CHECK(g.holdings().lives == 4096);
  CHECK(g.stats().no_room == 0);
  g.step(link_up{"one more"}, 3ms);
  const auto did = g.step(frame_in{heartbeat_of({"one more", {3, 3}})}, 3ms);
  CHECK(count(did, replica_change::no_room) == 1);
  CHECK(g.holdings().lives == 4096);

  // All clocks in one frame: what a peer gets whose digest differs.
  frame f;
  f.from = {"b", {7, 7}};
  f.full_clocks = true;
  for (std::uint64_t i = 0; i < 4096; ++i)
    f.clocks.push_back({{"n" + std::to_string(i), {1'700'000'000'000'000 + i, ~i}}, 1'000'000 + i});
  std::sort(f.clocks.begin(), f.clocks.end());
  const auto bytes = encode(f);
  CHECK(bytes.size() < 160 * 1024);
  CHECK(decode(bytes, o.limits).frame.clocks.size() == 4096);
}
