// What links mean to the protocol.
#include "cluster/gossip/lives.hpp"
#include "test/catch.hpp"
#include "test/sim/world.hpp"

using namespace rollcall;
using namespace rollcall::cluster;
using namespace std::chrono_literals;

namespace {

tracker_options with_grace(std::optional<millis> grace) {
  tracker_options o;
  o.link_grace = grace;
  return o;
}

std::string heartbeat_of(const replica_id& id, crdt::clock_value clock = 0) {
  frame f;
  f.from = id;
  f.clocks = {{id, clock}};
  f.full_clocks = true;
  return encode(f);
}

bool has(const actions& a, replica_change what) {
  for (auto& e : a.events)
    if (e.what == what) return true;
  return false;
}

const replica_id other{"b", {7, 7}};

} // namespace

TEST_CASE("a link that comes up is greeted at once, known or not") {
  gossip g{{"a", {1, 1}}, {}, 0ms, 100ms};
  auto did = g.step(link_up{"b"}, 1ms);
  REQUIRE(did.frames.size() == 1);
  CHECK(did.frames[0].to == std::vector<std::string>{"b"});
  g.step(frame_in{heartbeat_of(other)}, 2ms);
  CHECK(g.step(link_up{"b"}, 3ms).frames.size() == 1);
}

TEST_CASE("nothing is sent to a node without a link") {
  gossip g{{"a", {1, 1}}, {}, 0ms, 100ms};
  CHECK(g.step(frame_in{heartbeat_of(other)}, 2ms).frames.empty());
  g.step(op_track{"t", "k", 1, rollcall::meta{}.bytes()}, 3ms);
  CHECK(g.step(timer_due{}, 50ms).frames.empty());
  CHECK(g.step(tick{}, 100ms).frames.empty());
  CHECK(g.step(say_bye{}, 110ms).frames.empty());
}

TEST_CASE("with link_grace a replica is down when its link is not back by then") {
  gossip g{{"a", {1, 1}}, with_grace(500ms), 0ms, 10'000ms};
  g.step(link_up{"b"}, 1ms);
  g.step(frame_in{heartbeat_of(other)}, 2ms);
  auto lost = g.step(link_down{"b"}, 10ms);
  CHECK(lost.wake_at == 510ms);
  CHECK_FALSE(has(g.step(timer_due{}, 509ms), replica_change::down));
  SECTION("not back") { CHECK(has(g.step(timer_due{}, 510ms), replica_change::down)); }
  SECTION("back") {
    g.step(link_up{"b"}, 509ms);
    CHECK_FALSE(has(g.step(timer_due{}, 510ms), replica_change::down));
  }
  SECTION("a machine that did not run meanwhile gives the grace anew") {
    auto did = g.step(timer_due{}, 60'000ms);
    CHECK_FALSE(has(did, replica_change::down));
    CHECK(did.wake_at == 60'500ms);
    CHECK(has(g.step(timer_due{}, 60'500ms), replica_change::down));
  }
}

TEST_CASE("without link_grace a lost link changes nothing but that nothing is sent") {
  gossip g{{"a", {1, 1}}, with_grace(std::nullopt), 0ms, 10'000ms};
  g.step(link_up{"b"}, 1ms);
  g.step(frame_in{heartbeat_of(other)}, 2ms);
  auto lost = g.step(link_down{"b"}, 10ms);
  CHECK_FALSE(lost.wake_at.has_value());
  CHECK(lost.events.empty());
  CHECK(g.step(tick{}, 10'000ms).frames.empty());
  CHECK(g.replicas().size() == 2);
}

TEST_CASE("more than three rebirths in one permdown_period are a name conflict") {
  tracker_options o;
  gossip g{{"a", {1, 1}}, o, 0ms, 100ms};
  g.step(link_up{"b"}, 1ms);
  g.step(op_track{"t", "k", 1, rollcall::meta{}.bytes()}, 1ms);
  auto hear_of = [&](std::uint64_t start_us, instant now) {
    frame f;
    f.from = other;
    f.clocks = {{other, 0}, {{"a", {start_us, 0}}, 0}};
    return g.step(frame_in{encode(f)}, now);
  };
  for (std::uint64_t i = 1; i <= 3; ++i) {
    auto did = hear_of(i * 10, instant{static_cast<int>(i)});
    CHECK(has(did, replica_change::reborn));
    CHECK(did.reports.size() == 2); // leaves of the old life, joins of the new
    CHECK(g.self().inc.start_us >= i * 10 + 1);
  }
  const auto last = g.self();
  constexpr std::uint64_t far = std::uint64_t{1} << 40;
  auto did = hear_of(far, 10ms);
  CHECK(has(did, replica_change::name_conflict));
  CHECK(g.self() == last);
  CHECK_FALSE(has(hear_of(far + 1, 11ms), replica_change::name_conflict)); // said once a period
  CHECK(has(hear_of(far + 2, o.permdown_period + 10ms), replica_change::reborn));
  CHECK(g.state().table().count("t") == 1);
}

TEST_CASE("a new life of ours does not wait for answers to the pulls of the life before") {
  // Seed 5019634: the others ignore frames of the dead life, its pull among
  // them, and the new one waited two periods for that answer.
  gossip g{{"a", {1, 1}}, {}, 0ms, 100ms};
  g.step(link_up{"b"}, 1ms);
  auto pulled = [](const actions& did) {
    for (auto& f : did.frames)
      if (decode(*f.bytes, limits{}).frame.kind == frame_kind::pull) return true;
    return false;
  };
  CHECK(pulled(g.step(frame_in{heartbeat_of(other, 5)}, 2ms)));
  CHECK_FALSE(pulled(g.step(frame_in{heartbeat_of(other, 5)}, 3ms))); // one is under way
  frame f;
  f.from = other;
  f.clocks = {{other, 5}, {{"a", {9, 9}}, 0}};
  f.full_clocks = true;
  const auto did = g.step(frame_in{encode(f)}, 4ms);
  REQUIRE(has(did, replica_change::reborn));
  CHECK(pulled(did));
}

TEST_CASE("an answer begun anew for a late pull is gone on with") {
  // Seeds 10804313 and 10976033: a pull that was doubled, and late, took the
  // place of the answer under way; who waited for its next frame ignored the
  // answer that was begun for it instead, for a period.
  tracker_options o;
  o.limits.max_frame_presences = 1;
  gossip a{{"a", {1, 1}}, o, 0ms, 100ms}, b{other, o, 0ms, 100ms};
  for (int i = 0; i < 9; ++i)
    b.step(op_track{"t", "k" + std::to_string(i), 1, rollcall::meta{}.bytes()}, 1ms);
  a.step(link_up{"b"}, 1ms);
  b.step(link_up{"a"}, 1ms);
  b.step(frame_in{heartbeat_of({"a", {1, 1}})}, 1ms);
  using frames = std::vector<std::string>;
  auto of_kind = [](const actions& did, frame_kind kind) {
    frames out;
    for (auto& f : did.frames)
      if (decode(*f.bytes, limits{}).frame.kind == kind) out.push_back(*f.bytes);
    return out;
  };
  auto answer_to = [&](const frames& pulls) {
    REQUIRE(pulls.size() == 1);
    auto states = of_kind(b.step(frame_in{pulls[0]}, 2ms), frame_kind::state);
    REQUIRE(states.size() == 1);
    return states[0];
  };
  auto next_pull = [&](const std::string& state) {
    return of_kind(a.step(frame_in{state}, 2ms), frame_kind::pull);
  };
  const auto first = of_kind(a.step(frame_in{heartbeat_of(other, 9)}, 2ms), frame_kind::pull);
  const auto second = next_pull(answer_to(first));
  REQUIRE(second.size() == 1);
  const auto for_late = answer_to(first); // the first pull once more
  auto asked = frames{};
  SECTION("the late pull's answer is lost") { asked = next_pull(answer_to(second)); }
  SECTION("it comes after the one begun anew") {
    asked = next_pull(answer_to(second));
    CHECK(next_pull(for_late).empty());
  }
  SECTION("it came a third time, and neither is given up for the other") {
    const auto third = answer_to(first);
    const auto gone_on = next_pull(for_late);
    // The same frame of the same answer; what proves that it was read is another.
    const auto place = [](const std::string& state) { return decode(state, limits{}).frame.at; };
    const auto repeated = answer_to(gone_on);
    REQUIRE((place(repeated) && place(third)));
    CHECK(place(repeated)->answer == place(third)->answer);
    CHECK(place(repeated)->k == place(third)->k);
    asked = next_pull(third);
    CHECK(next_pull(third).empty());
  }
  for (int i = 0; i < 9 && !asked.empty(); ++i) asked = next_pull(answer_to(asked));
  CHECK(a.state().table().count("t") == 9);
}

TEST_CASE("after bye a machine changes nothing and sends nothing") {
  gossip g{{"a", {1, 1}}, {}, 0ms, 100ms};
  g.step(link_up{"b"}, 1ms);
  for (auto key : {"k", "gathered"}) g.step(op_track{"t", key, 1, rollcall::meta{}.bytes()}, 1ms);
  auto bye = g.step(say_bye{}, 2ms);
  CHECK(bye.frames.size() == 2); // what was open, and the bye
  CHECK(g.step(op_track{"t", "l", 1, rollcall::meta{}.bytes()}, 3ms).code == errc::shutting_down);
  CHECK(g.step(op_untrack_all{1}, 3ms).code == errc::shutting_down);
  CHECK(g.step(tick{}, 100ms).frames.empty());
  CHECK(g.step(frame_in{heartbeat_of(other, 9)}, 101ms).frames.empty());
  CHECK(g.state().table().count("t") == 2);
}

TEST_CASE("the presences of an actor go in pieces, and the machine says when all are gone") {
  tracker_options o;
  o.limits.batch = 3;
  gossip g{{"a", {1, 1}}, o, 0ms, 100ms};
  for (int i = 0; i < 8; ++i)
    g.step(op_track{"t", "k" + std::to_string(i), 1, rollcall::meta{}.bytes()}, 1ms);
  auto did = g.step(op_untrack_all{1}, 2ms);
  CHECK(did.more);
  CHECK(did.untracked.empty());
  CHECK(did.reports.at(0).changes.size() == 3);
  CHECK(g.state().table().count("t") == 5);
  SECTION("with proceed") {
    did = g.step(proceed{}, 3ms);
    CHECK(g.state().table().count("t") == 2);
    did = g.step(proceed{}, 4ms);
    CHECK(did.untracked == std::vector<std::uint64_t>{1});
    CHECK_FALSE(did.more);
  }
  SECTION("what is tracked meanwhile stays") {
    did = g.step(op_track{"t", "new", 1, rollcall::meta{}.bytes()}, 3ms);
    CHECK(did.untracked == std::vector<std::uint64_t>{1});
    CHECK_FALSE(did.more);
    CHECK(g.state().table().count("t") == 1);
  }
}

TEST_CASE("frames that were held up and name many former lives of ours are no name conflict") {
  // Seed 2023489: a host's clock went back; a link that was clogged gave frames
  // that name four former lives, one after the other; the fourth was one too many.
  gossip g{{"a", {1, 1}}, {}, 0ms, 100ms};
  g.step(link_up{"b"}, 1ms);
  bool conflict = false;
  for (std::uint64_t life = 1; life <= 8; ++life) {
    frame f;
    f.from = other;
    f.clocks = {{other, 0}, {{"a", {life * 60'000'000, 0}}, 0}}; // a minute each
    conflict = conflict || has(g.step(frame_in{encode(f)}, 2ms), replica_change::name_conflict);
  }
  CHECK_FALSE(conflict);
  CHECK(g.self().inc.start_us > 8 * 60'000'000);
}

TEST_CASE("actors that end together leave in one report, and in pieces if they had much") {
  tracker_options o;
  o.limits.batch = 5;
  gossip g{{"a", {1, 1}}, o, 0ms, 100ms};
  for (std::uint64_t actor = 1; actor <= 4; ++actor)
    for (auto key : {"x", "y"}) g.step(op_track{"t", key, actor, rollcall::meta{}.bytes()}, 1ms);
  const std::vector<std::uint64_t> gone{1, 9, 2, 4}; // 9 has nothing
  auto did = g.step(op_actors_gone{gone}, 2ms);
  REQUIRE(did.reports.size() == 1);
  CHECK(did.reports[0].changes.size() == 5);
  CHECK(did.untracked == std::vector<std::uint64_t>{1, 9, 2});
  CHECK(did.more);
  did = g.step(proceed{}, 3ms);
  CHECK(did.untracked == std::vector<std::uint64_t>{4});
  CHECK_FALSE(did.more);
  CHECK(g.state().table().count("t") == 2); // those of 3
}

TEST_CASE("a machine that is given its actions back does as one that is not") {
  tracker_options o;
  o.limits.batch = 200;
  gossip fresh{{"a", {1, 1}}, o, 0ms, 100ms}, reused{{"a", {1, 1}}, o, 0ms, 100ms};
  const auto both = [&](const event& ev, millis now) {
    auto x = fresh.step(ev, now), y = reused.step(ev, now);
    REQUIRE(x.code == y.code);
    REQUIRE(x.ref == y.ref);
    REQUIRE(x.untracked == y.untracked);
    REQUIRE(x.wake_at == y.wake_at);
    REQUIRE(x.reports.size() == y.reports.size());
    for (std::size_t i = 0; i < x.reports.size(); ++i) {
      REQUIRE(x.reports[i].whose == y.reports[i].whose);
      REQUIRE(x.reports[i].changes.size() == y.reports[i].changes.size());
    }
    REQUIRE(x.frames.size() == y.frames.size());
    for (std::size_t i = 0; i < x.frames.size(); ++i)
      REQUIRE(*x.frames[i].bytes == *y.frames[i].bytes);
    reused.take_back(std::move(y));
  };
  both(link_up{"b"}, 1ms);
  both(frame_in{heartbeat_of(other)}, 2ms);
  for (std::uint64_t i = 0; i < 300; ++i) {
    const auto key = "k" + std::to_string(i % 40);
    const std::uint64_t actor = i % 7;
    both(op_track{"t", key, actor, rollcall::meta{}.bytes()}, 3ms);
    if (i % 5 == 0) both(op_update{"t", key, actor, rollcall::meta{{"n", 1}}.bytes()}, 3ms);
    if (i % 3 == 0) both(op_untrack{"t", key, actor}, 4ms);
    if (i % 60 == 0) both(timer_due{}, 5ms);
  }
  both(op_untrack_all{3}, 6ms);
  both(tick{}, 100ms);
  for (std::uint64_t i = 0; i < 100; ++i) // one report larger than what is worth keeping
    both(op_track{"u", "k" + std::to_string(i), 8, rollcall::meta{}.bytes()}, 101ms);
  both(op_untrack_all{8}, 102ms);
  both(op_track{"u", "k", 8, rollcall::meta{}.bytes()}, 103ms);
  both(timer_due{}, 104ms);
}

TEST_CASE("who has risen too often waits twice as long each time, and is not left behind") {
  tracker_options o;
  lives all{o};
  instant now{0};
  for (std::size_t i = 0; i < lives::max_rebirths; ++i) CHECK(all.may_be_reborn(now));
  CHECK(all.was_last_rebirth());
  for (auto wait = instant{o.broadcast_period}; wait < instant{60'000}; wait *= 2) {
    CHECK_FALSE(all.may_be_reborn(now));
    now += wait - instant{1};
    CHECK_FALSE(all.may_be_reborn(now));
    now += instant{1};
    CHECK(all.may_be_reborn(now));
    CHECK_FALSE(all.was_last_rebirth());
  }
}
