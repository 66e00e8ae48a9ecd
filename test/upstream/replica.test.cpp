// The scenarios of upstream's Replica: what one shard holds of another one's
// life, and how it changes with what is heard and not heard of it.
#include "cluster/gossip/gossip.hpp"
#include "cluster/wire/frame.hpp"
#include "test/catch.hpp"

using namespace rollcall;
using namespace rollcall::cluster;
using namespace std::chrono_literals;

namespace {

const replica_id us{"us", {1, 1}}, them{"them", {7, 7}};

/// A machine that ticks when it should.
struct machine {
  tracker_options options;
  gossip g{us, options, 0ms, 0ms};
  instant now{0};
  std::vector<replica_event> events;

  void keep(const actions& did) {
    events.insert(events.end(), did.events.begin(), did.events.end());
  }
  void run_until(instant t) {
    while (now + options.broadcast_period <= t) {
      now += options.broadcast_period;
      keep(g.step(tick{}, now));
    }
  }
  void hear_from(const replica_id& who) {
    frame f;
    f.from = who;
    f.clocks = {{who, 0}};
    f.full_clocks = true;
    keep(g.step(frame_in{encode(f)}, now));
  }
  bool happened(replica_change what) const {
    return events.size() == 1 && events[0].what == what && events[0].whose == them;
  }
  std::optional<replica_status> status() const {
    for (auto& x : g.replicas())
      if (x.id == them) return x.status;
    return std::nullopt;
  }
};

} // namespace

TEST_CASE("replica: its reference is its name and its incarnation") {
  machine m;
  CHECK(m.g.self() == replica_id{"us", {1, 1}});
  CHECK(m.g.replicas().at(0).id == m.g.self());
  CHECK(to_string(replica_id{"us", {1, 1}}) == "us@" + to_string(incarnation{1, 1}));
}

TEST_CASE("replica: the first heartbeat of a name brings it up") {
  machine m;
  CHECK_FALSE(m.status());
  m.hear_from(them);
  CHECK(m.happened(replica_change::up));
  CHECK(m.status() == replica_status::up);
}

TEST_CASE("replica: a further heartbeat renews it, and brings it up if it was down") {
  const auto down = tracker_options{}.effective_down_period();
  machine m;
  m.hear_from(them);
  m.run_until(down - 3s);
  m.events.clear();
  SECTION("up") {
    m.hear_from(them);
    CHECK(m.events.empty());
    m.run_until(down + 3s); // from the first one on this were too long
    CHECK(m.status() == replica_status::up);
    m.run_until(2 * down);
    CHECK(m.status() == replica_status::down);
  }
  SECTION("down") {
    m.run_until(down + 3s);
    REQUIRE(m.status() == replica_status::down);
    m.events.clear();
    m.hear_from(them);
    CHECK(m.happened(replica_change::up));
    CHECK(m.status() == replica_status::up);
  }
  CHECK(m.g.replicas().at(1).id == them); // the same life
}

TEST_CASE("replica: silence is a temporary down") {
  machine m;
  m.hear_from(them);
  m.events.clear();
  m.run_until(m.options.effective_down_period() + 2 * m.options.broadcast_period);
  CHECK(m.happened(replica_change::down));
  CHECK(m.status() == replica_status::down);
  CHECK(m.g.replicas().at(1).id == them);
}

TEST_CASE("replica: a long silence is a permanent down, and it is removed") {
  machine m;
  m.hear_from(them);
  m.run_until(m.options.permdown_period - 3s);
  CHECK(m.status() == replica_status::down);
  m.events.clear();
  m.run_until(m.options.permdown_period + 3s);
  CHECK(m.happened(replica_change::permdown));
  CHECK_FALSE(m.status());
  CHECK(m.g.replicas().size() == 1);
}

TEST_CASE("replica: one that is heard stays up, and nothing happens") {
  machine m;
  m.hear_from(them);
  m.events.clear();
  for (int i = 0; i < 1000; ++i) {
    m.run_until(m.now + m.options.effective_down_period() / 2);
    m.hear_from(them);
  }
  CHECK(m.events.empty());
  CHECK(m.status() == replica_status::up);
}
