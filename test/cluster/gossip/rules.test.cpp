// The parts that the machine is made of, each by itself.
#include "cluster/gossip/answers.hpp"
#include "cluster/gossip/liveness.hpp"
#include "cluster/gossip/lives.hpp"
#include "cluster/gossip/outbox.hpp"
#include "cluster/gossip/pulls.hpp"
#include "test/catch.hpp"

using namespace rollcall;
using namespace rollcall::cluster;
using namespace std::chrono_literals;

TEST_CASE("the beat is at least three times per down_period") {
  tracker_options o;
  auto ticks = [&] { return liveness{o, 0ms}.silent_ticks(); };
  CHECK(ticks() == 5); // defaults: down after 30 s, a beat every 9 s
  o.max_silent_periods = 2;
  CHECK(ticks() == 0);
  o.down_period = 60s;
  CHECK(ticks() == 2);
  o.max_silent_periods = 10;
  o.down_period = 3s;
  CHECK(ticks() == 0);
}

TEST_CASE("silence is judged by the time since the last frame") {
  tracker_options o;
  const liveness l{o, 0ms};
  peer_life v{{"b", {1, 1}}, 1000ms, true, {}, false, 0};
  CHECK(l.judge(v, 31'000ms) == verdict::fine);
  CHECK(l.judge(v, 31'001ms) == verdict::down);
  v.up = false;
  CHECK(l.judge(v, 31'001ms) == verdict::fine);
  CHECK(l.judge(v, 1'201'001ms) == verdict::permdown);
}

TEST_CASE("the lateness of a tick is forgiven, but never past now") {
  tracker_options o;
  liveness l{o, 1000ms};
  CHECK(l.tick_came(1700ms) == 0ms); // less than half a period
  CHECK(l.tick_came(63'200ms) == 60'000ms);
  peer_life v{{"b", {1, 1}}, 2000ms, true, {}, false, 0};
  liveness::forgive(v, 60'000ms, 63'200ms);
  CHECK(v.heard == 62'000ms);
  liveness::forgive(v, 60'000ms, 63'200ms);
  CHECK(v.heard == 63'200ms);
}

TEST_CASE("ended lives are remembered for permdown_period, and boundedly many") {
  tracker_options o;
  o.limits.max_ended = 2;
  lives l{o};
  l.end({"a", {5, 0}}, 0ms);
  l.end({"a", {3, 0}}, 1ms); // an older one tells nothing new
  CHECK(l.ended("a") == incarnation{5, 0});
  l.end({"b", {1, 0}}, 10ms);
  l.end({"c", {1, 0}}, 20ms); // the first to be forgotten makes room
  CHECK(l.size() == 2);
  CHECK_FALSE(l.ended("a").has_value());
  l.forget(o.permdown_period + 10ms);
  CHECK_FALSE(l.ended("b").has_value());
  CHECK(l.ended("c").has_value());
  l.forgive(100ms, o.permdown_period);
  l.forget(o.permdown_period + 119ms);
  CHECK(l.size() == 1);
  l.forget(o.permdown_period + 120ms);
  CHECK(l.size() == 0);
}

TEST_CASE("a life that ended while we woke is not remembered longer than others") {
  // Seed 715: the inbox was read first, the late tick came then, and forgave
  // its whole lateness to what had ended a moment ago.
  tracker_options o;
  lives l{o};
  l.end({"a", {5, 0}}, 60'000ms);
  l.forgive(40'000ms, 60'000ms);
  l.forget(60'000ms + o.permdown_period);
  CHECK(l.size() == 0);
}

TEST_CASE("the fewest peers that know the most are asked") {
  const replica_id a{"a", {1, 0}}, b{"b", {1, 0}}, c{"c", {1, 0}};
  const clock_list of_d{{a, 9}, {b, 9}}, of_e{{a, 9}};
  const std::vector<missing_range> all{{a, 9}, {b, 9}, {c, 5}};
  using names = std::vector<std::string_view>;
  CHECK(choose({{"d", &of_d, false}, {"e", &of_e, false}}, all) == names{"d"});
  CHECK(choose({{"c", nullptr, false}, {"d", &of_d, false}}, all) == names{"d", "c"});
  CHECK(choose({{"a", nullptr, true}, {"e", &of_e, false}}, {{a, 9}}) == names{"e"});
  CHECK(choose({{"a", nullptr, true}}, {{a, 9}}) == names{"a"}); // mute, and the only one
  CHECK(choose({{"e", &of_e, false}}, {{a, 10}}).empty());
  CHECK(choose({{"e", &of_e, false}}, {}).empty());
}

TEST_CASE("one pull per peer is under way, for one period, and the mute are known") {
  pull_state p;
  CHECK(p.may_ask(0ms, 1500ms));
  p.asked(0ms, std::nullopt);
  CHECK_FALSE(p.may_ask(1499ms, 1500ms));
  CHECK_FALSE(p.mute());
  CHECK(p.may_ask(1500ms, 1500ms));
  CHECK(p.mute());
  p.asked(1500ms, std::nullopt);
  const crdt::answer_id id{{"b", {1, 0}}, 7};
  CHECK_FALSE(p.waits_for({id, 1, true}));
  REQUIRE(p.waits_for({id, 0, false}));
  p.came(true);
  CHECK_FALSE(p.mute());
  p.asked(1501ms, answer_position{id, 1, false});
  CHECK_FALSE(p.waits_for({id, 0, false}));
  REQUIRE(p.waits_for({id, 1, true}));
  p.came(false);
  CHECK(p.finish()); // the first frame moved something
  CHECK_FALSE(p.under_way());
  p.asked(9000ms, std::nullopt);
  p.came(false);
  CHECK_FALSE(p.finish());
}

TEST_CASE("what is under way is bounded, and acknowledged by clocks") {
  send_window a;
  CHECK(a.fits(100, 100));
  a.sent(3, 60);
  a.sent(5, 40);
  CHECK_FALSE(a.fits(1, 100));
  a.acknowledged(4);
  CHECK(a.outstanding() == 40);
  a.acknowledged(5);
  CHECK(a.entries() == 0);
  CHECK_FALSE(a.received(25, 100));
  CHECK(a.received(1, 100)); // more than a quarter: our clocks are owed
  a.told_clocks();
  CHECK_FALSE(a.received(25, 100));
}

TEST_CASE("a piece of an answer that is asked for again is cut between the same dots") {
  limits lim;
  lim.max_frame_presences = 2;
  lim.max_removal_log = 0; // parts, not ranges
  crdt::store st{{"a", {1, 1}}, lim};
  crdt::changes did;
  const auto meta = rollcall::meta{};
  for (int i = 0; i < 6; ++i) st.track("t", "k" + std::to_string(i), 1, meta.bytes(), did);
  st.untrack("t", "k5", 1, did);
  st.publish();
  answer a{{{"a", {1, 1}}, 1}, st, {{{"a", {1, 1}}, 0}}, "b"};
  frame first, again, second;
  REQUIRE(a.cut(0, st, lim, first, 0ms));
  const auto to = std::get<crdt::part>(first.deltas.at(0).what).y;
  st.untrack("t", "k0", 1, did);
  st.publish();
  REQUIRE(a.cut(0, st, lim, again, 1ms));
  CHECK(std::get<crdt::part>(again.deltas.at(0).what).y == to);
  CHECK(std::get<crdt::part>(again.deltas.at(0).what).adds.size() == 1);
  REQUIRE(a.cut(1, st, lim, second, 2ms));
  CHECK(std::get<crdt::part>(second.deltas.at(0).what).x == to);
  frame none;
  CHECK_FALSE(a.cut(0, st, lim, none, 3ms)); // gone
}

TEST_CASE("an answer holds nothing of the one who asks, and only what it names") {
  limits lim;
  crdt::store st{{"a", {1, 1}}, lim};
  crdt::changes did;
  st.track("t", "k", 1, rollcall::meta{}.bytes(), did);
  const replica_id b{"b", {1, 0}}, c{"c", {1, 0}};
  for (auto& id : {b, c}) {
    REQUIRE(st.open(id));
    st.merge({id, crdt::range{0, 4, {}, {}}}, did);
  }
  st.publish();
  frame f;
  answer all{{st.self(), 1}, st, {{st.self(), 0}, {b, 0}, {c, 0}}, "b"};
  REQUIRE(all.cut(0, st, lim, f, 0ms));
  CHECK(f.deltas.size() == 2); // several slices in one frame
  CHECK(f.at->last);
  CHECK(all.speaks_of(c));
  CHECK_FALSE(all.speaks_of(b));
  answer named{{st.self(), 2}, st, {{c, 4}}, "b"};
  REQUIRE(named.cut(0, st, lim, f, 0ms));
  CHECK(f.deltas.empty());
  CHECK(f.at->last);
}
