// A member gone bad: frames that are well-formed and false. They must not harm
// anybody's presences but its own.
#include "cluster/gossip/lives.hpp"
#include "test/catch.hpp"
#include "test/sim/world.hpp"

using namespace rollcall;
using namespace rollcall::cluster;
using namespace std::chrono_literals;
using sim::settings;
using sim::world;

namespace {

const replica_id b{"b", {7, 7}}, liar{"liar", {8, 8}};
const auto empty_meta = std::string{rollcall::meta{}.bytes()};

frame heartbeat(const replica_id& id, crdt::clock_value clock) {
  frame f;
  f.from = id;
  f.clocks = {{id, clock}};
  f.full_clocks = true;
  return f;
}

std::vector<outgoing> of_kind(const actions& a, frame_kind kind) {
  std::vector<outgoing> some;
  for (auto& f : a.frames)
    if (decode(*f.bytes, limits{}).frame.kind == kind) some.push_back(f);
  return some;
}

bool has(const actions& a, replica_change what) {
  return std::any_of(a.events.begin(), a.events.end(), [&](auto& e) { return e.what == what; });
}

/// "a" is linked to b and to the liar, and has b's only presence, of dot 1.
struct scene {
  tracker_options o;
  gossip g{{"a", {1, 1}}, o, 0ms, 100ms};

  scene() {
    g.step(link_up{"b"}, 1ms);
    g.step(link_up{"liar"}, 1ms);
    auto f = heartbeat(b, 1);
    f.deltas.push_back({b, crdt::range{0, 1, {}, {}}});
    std::get<crdt::range>(f.deltas[0].what).adds.emplace_back(1, "t", "k", 1, empty_meta);
    by_link(f, 2ms);
    by_link(heartbeat(liar, 0), 2ms);
    REQUIRE(shown() == 1);
  }
  actions by_link(const frame& f, instant now, std::string_view link = {}) {
    const auto bytes = encode(f);
    return g.step(frame_in{bytes, link.empty() ? std::string_view{f.from.name} : link}, now);
  }
  std::size_t shown() const { return g.state().table().count("t"); }

  /// The liar: nothing lives up to y.
  frame part(crdt::clock_value y) const {
    frame f;
    f.kind = frame_kind::state;
    f.from = liar;
    f.at = answer_position{{liar, 1}, 0, true};
    f.deltas.push_back({b, crdt::part{{liar, 1}, 0, y, 0, {}, {}}});
    return f;
  }
};

} // namespace

TEST_CASE("a frame that names another sender than its link's node is refused and counted") {
  scene s;
  frame f;
  f.kind = frame_kind::bye;
  f.from = b;
  auto did = s.by_link(f, 3ms, "liar");
  CHECK(did.events.empty());
  CHECK(s.shown() == 1);
  CHECK(s.g.stats().frames_forged == 1);
  f = heartbeat({"b", {9, 9}}, 0); // a later life of b: would be the end of this one
  CHECK(s.by_link(f, 3ms, "liar").events.empty());
  CHECK(s.shown() == 1);
  CHECK(s.g.stats().frames_forged == 2);
}

TEST_CASE("a range counts from its owner only") {
  scene s;
  auto f = heartbeat(liar, 0);
  f.deltas.push_back({b, crdt::range{0, ~std::uint64_t{0}, {}, {}}});
  s.by_link(f, 3ms);
  CHECK(s.shown() == 1);
  CHECK(s.g.state().prefix(b) == 1);
  CHECK_FALSE(s.g.state().gap_beyond(b));
}

TEST_CASE("nobody comes between a node and an owner that answers it") {
  scene s;
  s.by_link(s.part(1), 3ms);
  CHECK(s.shown() == 1);
  // Nor where something is lacking: the owner is asked.
  s.by_link(heartbeat(b, 3), 4ms);
  s.by_link(s.part(3), 5ms);
  CHECK(s.shown() == 1);
  CHECK(s.g.state().prefix(b) == 1);
}

TEST_CASE("clocks that a relay names are no gap") {
  scene s;
  auto f = heartbeat(liar, 0);
  f.clocks.emplace_back(b, 100);
  s.by_link(f, 3ms);
  CHECK(of_kind(s.g.step(tick{}, 2s), frame_kind::pull).empty());
  CHECK(of_kind(s.g.step(tick{}, 4s), frame_kind::pull).empty());
}

TEST_CASE("what a relay says of an owner that does not answer holds until that does") {
  scene s;
  // b announces 3 and does not answer; the liar leaves out what lives, and shows
  // what never was.
  CHECK(of_kind(s.by_link(heartbeat(b, 3), 3ms), frame_kind::pull).size() == 1);
  for (instant t = 2s; t <= 8s; t += 2s) {
    s.by_link(heartbeat(b, 3), t);
    s.g.step(tick{}, t);
  }
  auto lie = s.part(100);
  auto& p = std::get<crdt::part>(lie.deltas[0].what);
  p.adds.emplace_back(2, "t", "false", 1, empty_meta);
  p.adds.emplace_back(50, "t", "beyond", 1, empty_meta);
  s.by_link(lie, 9s);
  CHECK(s.g.state().prefix(b) == 3); // what the owner announced, and no more
  CHECK(s.shown() == 1);
  CHECK(s.g.state().table().get_by_key("t", "false").size() == 1);
  CHECK(s.g.state().hearsay(b));

  // It is not passed on as ours.
  frame pull;
  pull.kind = frame_kind::pull;
  pull.from = {"c", {2, 2}};
  pull.clocks = {{b, 0}};
  s.g.step(link_up{"c"}, 9s);
  for (auto& x : of_kind(s.by_link(pull, 9s), frame_kind::state))
    CHECK(decode(*x.bytes, limits{}).frame.deltas.empty());

  // The owner is asked for all, and its word puts everything right.
  const auto pulls = of_kind(s.g.step(tick{}, 12s), frame_kind::pull);
  REQUIRE(pulls.size() == 1);
  CHECK(pulls[0].to == std::vector<std::string>{"b"});
  const auto asked = decode(*pulls[0].bytes, limits{}).frame;
  CHECK(std::find(asked.clocks.begin(), asked.clocks.end(), std::pair{b, crdt::clock_value{0}})
        != asked.clocks.end());
  frame answer;
  answer.kind = frame_kind::state;
  answer.from = b;
  answer.at = answer_position{{b, 1}, 0, true};
  answer.deltas.push_back({b, crdt::range{0, 3, {}, {}}});
  auto& adds = std::get<crdt::range>(answer.deltas[0].what).adds;
  adds.emplace_back(1, "t", "k", 1, empty_meta);
  adds.emplace_back(2, "t", "true", 1, empty_meta);
  s.by_link(answer, 12s);
  CHECK(s.g.state().prefix(b) == 3);
  CHECK_FALSE(s.g.state().hearsay(b));
  CHECK(s.shown() == 2);
  CHECK(s.g.state().table().get_by_key("t", "false").size() == 0);
  CHECK(s.g.state().table().get_by_key("t", "true").size() == 1);
  CHECK(of_kind(s.g.step(tick{}, 14s), frame_kind::pull).empty());
}

TEST_CASE("a life more than a day ahead of our clock is refused, and its node is told") {
  scene s;
  const std::uint64_t wall = 1000 * hour_us;
  const replica_id ahead{"c", {wall + 25 * hour_us, 1}}, near{"c", {wall + 23 * hour_us, 1}};
  s.g.step(link_up{"c"}, 3ms);
  const auto bytes = encode(heartbeat(ahead, 0));
  auto did = s.g.step(frame_in{bytes, "c", wall}, 4ms);
  CHECK(has(did, replica_change::clock_ahead));
  CHECK_FALSE(has(did, replica_change::up));
  REQUIRE(did.frames.size() == 1);
  CHECK(did.frames[0].to == std::vector<std::string>{"c"});
  CHECK(s.g.stats().lives_refused == 1);
  CHECK(s.g.step(frame_in{bytes, "c", wall}, 5ms).frames.empty()); // once a period
  // It hears of it.
  gossip c{ahead, {}, 0ms, 0ms};
  c.step(link_up{"a"}, 1ms);
  CHECK(has(c.step(frame_in{*did.frames[0].bytes, "a", ahead.inc.start_us}, 2ms),
            replica_change::clock_ahead));
  // When our clock is set right, it comes in.
  CHECK(has(s.g.step(frame_in{bytes, "c", wall + 2 * hour_us}, 6ms), replica_change::up));
  // And an hour less is nothing to refuse.
  scene other;
  other.g.step(link_up{"c"}, 3ms);
  CHECK(
      has(other.g.step(frame_in{encode(heartbeat(near, 0)), "c", wall}, 4ms), replica_change::up));
}

TEST_CASE("nobody can make a node take a life that others would refuse") {
  scene s;
  const std::uint64_t wall = 1000 * hour_us;
  auto f = heartbeat(liar, 0);
  f.clocks.emplace_back(replica_id{"a", {wall + 24 * hour_us, 1}}, 0);
  const auto did = s.g.step(frame_in{encode(f), "liar", wall}, 3ms);
  CHECK_FALSE(has(did, replica_change::reborn));
  CHECK(has(did, replica_change::name_conflict));
  CHECK(s.g.self().inc == incarnation{1, 1});
}

TEST_CASE("a peer that pulls and does not read costs what may be under way") {
  tracker_options o;
  o.limits.max_outstanding_bytes = 64 * 1024;
  gossip g{{"a", {1, 1}}, o, 0ms, 0ms};
  const rollcall::meta large{{"x", std::string(20'000, 'x')}};
  for (int i = 0; i < 10; ++i) g.step(op_track{"t", std::to_string(i), 1, large.bytes()}, 1ms);
  g.step(link_up{"liar"}, 2ms);
  frame pull;
  pull.kind = frame_kind::pull;
  pull.from = liar;
  pull.clocks = {{g.self(), 0}};
  const auto bytes = encode(pull);
  std::size_t sent = 0;
  for (int i = 0; i < 20'000; ++i)
    for (auto& f : g.step(frame_in{bytes, "liar"}, 3ms).frames) sent += f.bytes->size();
  CHECK(sent <= 3 * o.limits.max_outstanding_bytes);
  CHECK(g.stats().pulls_dropped > 19'000);
  // Its frames may have been lost: some time later it gets one more.
  CHECK(of_kind(g.step(frame_in{bytes, "liar"}, 2s), frame_kind::state).size() == 1);
  CHECK(of_kind(g.step(frame_in{bytes, "liar"}, 2s), frame_kind::state).empty());
}

TEST_CASE("one that reads what it pulls is not held up, however long the answer") {
  auto s = settings::calm(2);
  s.options.limits.max_frame_presences = 1;
  s.options.limits.max_outstanding_bytes = 500;
  world w{1, s};
  w.start(0);
  w.run_until(5s);
  for (int i = 0; i < 300; ++i) w.track(0, "t", "k" + std::to_string(i));
  w.run_until(6s);
  w.start(1);
  CHECK(w.run_until(8s, [&] { return w.seen_of(1, 0) == 300; }));
  CHECK(w.machine(0).stats().pulls_dropped == 0);
}

TEST_CASE("all shards of a tracker share what a peer may cost") {
  tracker_options o;
  o.pool_size = 64;
  gossip g{{"a", {1, 1}}, o, 0ms, 0ms};
  g.step(link_up{"b"}, 1ms);
  g.step(frame_in{encode(heartbeat(b, 0))}, 1ms);
  const rollcall::meta large{{"x", std::string(10'000, 'x')}};
  for (int i = 0; i < 100; ++i) {
    g.step(op_track{"t", std::to_string(i), 1, large.bytes()}, 2ms);
    g.step(timer_due{}, 2ms);
  }
  CHECK(g.holdings().most_outstanding > 0);
  CHECK(g.holdings().most_outstanding <= o.limits.max_outstanding_bytes / 64);
}

TEST_CASE("a liar harms nobody, and all is whole three periods after it is gone") {
  for (std::uint64_t seed = 1; seed <= 20; ++seed) {
    world w{seed, settings::calm(4)};
    w.start_all();
    w.run_until(10s);
    for (int i = 0; i < 5; ++i)
      for (int n = 0; n < 3; ++n) w.track(n, "t", "k" + std::to_string(i), 1);
    w.run_until(12s);
    for (int i = 0; i < 40; ++i) {
      w.lie(3, i % world::kinds_of_lies);
      w.run_until(w.now() + 100ms);
      for (int n = 0; n < 3; ++n) w.update(n, "t", "k" + std::to_string(i % 5), 1);
    }
    w.stop(3, false);
    const auto gone = w.now();
    CHECK(w.run_until(gone + 3 * w.options().broadcast_period, [&] { return w.agreed(); }));
    w.check_all();
    w.check_reads();
  }
}
