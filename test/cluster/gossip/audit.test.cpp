// The audit: a copy that is wrong is noticed and healed; one that is right is not
// disturbed. And what goes out when: the first change at once.
#include "rollcall/meta.hpp"
#include "test/regression/pair.hpp"

#include <algorithm>

using namespace regression;

namespace {

const std::string a_meta{rollcall::meta{{"status", "here"}}.bytes()};

struct two {
  two() {
    n.start("a", {1, 1});
    n.start("b", {1, 1});
    n.link();
    n.deliver();
  }
  void track(const std::string& key) { n.give("a", op_track{"room", key, 1, a_meta}); }
  void tick_all(int times) {
    for (int i = 0; i < times; ++i) {
      n.now += 1500ms;
      for (auto name : {"a", "b"}) n.give(name, tick{});
      n.deliver();
    }
  }
  std::size_t count(replica_change what) const {
    return static_cast<std::size_t>(std::count_if(
        n.events.begin(), n.events.end(), [&](const auto& x) { return x.second.what == what; }));
  }
  net n;
};

} // namespace

TEST_CASE("audit: a bit that flips in memory is seen and healed, and nobody else moves") {
  two t;
  for (int i = 0; i < 20; ++i) t.track("k" + std::to_string(i));
  t.tick_all(2);
  REQUIRE(t.n.at("b").state().table().count("room") == 20);
  t.n.give("b", flip_a_bit{"room", "k7"});
  const auto joins = t.n.at("b").stats().joins, leaves = t.n.at("b").stats().leaves;
  const auto right = rollcall::meta::from_bytes(a_meta).to_json();
  t.tick_all(20); // a beat is six ticks at the defaults
  CHECK(t.count(replica_change::diverged) == 1);
  CHECK(t.n.at("b").stats().divergences == 1);
  CHECK(t.n.at("b").stats().joins == joins + 1);
  CHECK(t.n.at("b").stats().leaves == leaves + 1);
  for (auto p : t.n.at("b").state().table().list("room")) CHECK(p.meta().to_json() == right);
  CHECK(t.n.at("a").state().audit_sum(t.n.at("a").self())
        == t.n.at("b").state().audit_sum(t.n.at("a").self()));
}

TEST_CASE("audit: sums agree after joins, updates, leaves and a new life") {
  two t;
  const auto equal = [&] {
    t.tick_all(3);
    const auto who = t.n.at("a").self();
    return t.n.at("a").state().audit_sum(who) == t.n.at("b").state().audit_sum(who);
  };
  for (int i = 0; i < 10; ++i) t.track("k" + std::to_string(i));
  CHECK(equal());
  t.n.give("a", op_update{"room", "k3", 1, std::string{rollcall::meta{}.bytes()}});
  t.n.give("a", op_untrack{"room", "k4", 1});
  CHECK(equal());
  t.n.give("a", op_untrack_all{1});
  CHECK(equal());
  CHECK(t.n.at("a").state().audit_sum(t.n.at("a").self()) == 0);
  CHECK(t.count(replica_change::diverged) == 0);
}

TEST_CASE("flush: the first change after a quiet time goes out at once, what follows is gathered") {
  two t;
  t.n.now += 100ms;
  const auto first = t.n.give("a", op_track{"room", "one", 1, a_meta});
  REQUIRE(first.frames.size() == 1);
  CHECK_FALSE(first.wake_at);
  t.n.now += 1ms;
  const auto second = t.n.give("a", op_track{"room", "two", 1, a_meta});
  CHECK(second.frames.empty());
  REQUIRE(second.wake_at);
  CHECK(*second.wake_at == t.n.now + 24ms);
  t.n.now += 24ms;
  CHECK(t.n.give("a", timer_due{}).frames.size() == 1);
}

TEST_CASE("flush: a shard with many peers gathers longer than one with few") {
  tracker_options o;
  o.max_frames_per_second = 100;
  gossip g{{"a", {1, 1}}, o, 0ms, 1500ms};
  for (int i = 0; i < 10; ++i) {
    const auto name = "n" + std::to_string(i);
    g.step(link_up{name}, 1ms);
    frame f;
    f.from = {name, {1, 1}};
    f.clocks = {{f.from, 0}};
    g.step(frame_in{encode(f)}, 2ms);
  }
  CHECK(g.step(op_track{"t", "one", 1, a_meta}, 10ms).frames.size() == 1);
  const auto did = g.step(op_track{"t", "two", 1, a_meta}, 11ms);
  REQUIRE(did.wake_at);
  CHECK(*did.wake_at == 110ms); // 10 peers, 100 frames a second
}

TEST_CASE("digest: idle nodes that agree name nobody's clock but their own and the receiver's") {
  two t;
  for (int i = 0; i < 20; ++i) t.track("k" + std::to_string(i));
  t.tick_all(4);
  std::size_t beats = 0;
  for (int i = 0; i < 12; ++i) {
    t.n.now += 1500ms;
    for (auto name : {"a", "b"})
      for (auto& f : t.n.give(name, tick{}).frames) {
        const auto d = decode(*f.bytes, limits{}).frame;
        CHECK_FALSE(d.full_clocks);
        CHECK(d.digest);
        CHECK(d.clocks.size() <= 2);
        ++beats;
      }
    t.n.deliver();
  }
  CHECK(beats > 0);
}
