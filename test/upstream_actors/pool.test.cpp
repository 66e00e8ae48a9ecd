// The scenarios of upstream's pool, at each of its sizes; and those of its shard,
// replica and tracker that need actors.
#include "actors/clock.hpp"
#include "actors/shard_messages.hpp"
#include "test/actors/fixture.hpp"

#include <atomic>

using namespace fixture;

namespace {

std::size_t any_size() { return GENERATE(as<std::size_t>{}, 1, 2, 8, 512); }

/// A pool, somebody to track, and a hundred topics that are spread over it.
struct pool {
  test_system system;
  rollcall::tracker t;
  caf::actor me;
  std::vector<std::string> topics;

  explicit pool(std::size_t size) : t(system.started({.name = "server", .pool_size = size})) {
    me = system.idle();
    for (int i = 1; i <= 100; ++i) topics.push_back("topic_" + std::to_string(i));
  }
  std::vector<rollcall::ref> track_all(const meta& data = {}) {
    std::vector<rollcall::ref> refs;
    for (auto& x : topics) {
      const auto ref = t.track(me, x, "me", data);
      REQUIRE(ref);
      refs.push_back(*ref);
    }
    return refs;
  }
  bool empty() const {
    return std::all_of(topics.begin(), topics.end(), [&](auto& x) { return t.list(x).empty(); });
  }
  rollcall::presence only(const std::string& topic) const {
    const auto all = t.list(topic).to_vector();
    REQUIRE(all.size() == 1);
    CHECK(all[0].key == "me");
    CHECK(all[0].who.actor == me.id());
    return all[0];
  }
};

} // namespace

TEST_CASE("pool: a track is a presence with its ref") {
  pool p{any_size()};
  const auto ref = p.t.track(p.me, "topic", "me", {{"name", "me"}});
  REQUIRE(ref);
  CHECK(p.only("topic").ref == *ref);
  CHECK(p.only("topic").meta == meta{{"name", "me"}});
}

TEST_CASE("pool: tracks in many topics are presences in all") {
  pool p{any_size()};
  const auto refs = p.track_all({{"name", "me"}});
  for (std::size_t i = 0; i < refs.size(); ++i) CHECK(p.only(p.topics[i]).ref == refs[i]);
  CHECK(p.t.topics().size() == 100);
}

TEST_CASE("pool: untrack one by one leaves nothing") {
  pool p{any_size()};
  p.track_all({{"a", "b"}});
  for (auto& x : p.topics) REQUIRE(p.t.untrack(p.me, x, "me"));
  CHECK(p.empty());
}

TEST_CASE("pool: untrack of an actor leaves nothing") {
  pool p{any_size()};
  p.track_all({{"a", "b"}});
  REQUIRE(p.t.untrack(p.me));
  CHECK(p.empty());
}

TEST_CASE("pool: updates give new metas and refs that name the old ones") {
  pool p{any_size()};
  const auto old = p.track_all({{"a", "b"}});
  std::vector<rollcall::ref> fresh;
  for (auto& x : p.topics) {
    const auto done = p.t.update(p.me, x, "me", meta{{"new", "thing"}});
    REQUIRE(done);
    fresh.push_back(done->ref);
  }
  for (std::size_t i = 0; i < old.size(); ++i) {
    const auto x = p.only(p.topics[i]);
    CHECK(x.meta == meta{{"new", "thing"}});
    CHECK(x.ref == fresh[i]);
    CHECK(x.prev_ref == old[i]);
  }
}

TEST_CASE("pool: updates by function go from the old metas") {
  pool p{any_size()};
  const auto old = p.track_all({{"a", "oldval"}, {"kept", 1}});
  std::vector<rollcall::ref> fresh;
  for (auto& x : p.topics) {
    const auto done = p.t.update(p.me, x, "me", [](rollcall::meta_view m) {
      return meta{{"a", "newval"}, {"kept", m["kept"].as_int().value()}};
    });
    REQUIRE(done);
    fresh.push_back(done->ref);
  }
  for (std::size_t i = 0; i < old.size(); ++i) {
    const auto x = p.only(p.topics[i]);
    CHECK(x.meta == meta{{"a", "newval"}, {"kept", 1}});
    CHECK(x.ref == fresh[i]);
    CHECK(x.prev_ref == old[i]);
  }
}

TEST_CASE("pool: graceful permdown ends all, and the name is free") {
  const auto size = any_size();
  std::atomic<std::size_t> ended{0};
  pool p{size};
  p.track_all({{"a", "b"}});
  // Those who watch the shards and the tracker hear of each one's end.
  caf::scoped_actor self{p.system.get()};
  auto watch = p.system.get().spawn([&](caf::event_based_actor* me) -> caf::behavior {
    const rollcall::compat::down_handler count = [&](auto&, auto&) { ++ended; };
    rollcall::compat::set_down_handler(me, count);
    for (std::size_t i = 0; i < size; ++i) rollcall::compat::monitor(me, p.t.shard(i), count);
    rollcall::compat::monitor(me, p.t.as_actor(), count);
    return {[](std::int32_t i) { return i; }};
  });
  p.system.adopt(watch);
  rollcall::compat::request(self, watch, patience, std::int32_t{1})
      .receive([](std::int32_t) {}, [](caf::error& e) { FAIL(rollcall::render(e)); });
  REQUIRE(p.t.graceful_permdown());
  CHECK(eventually([&] { return ended == size + 1; }));
  CHECK(p.empty());
  p.t = p.system.started({.name = "server", .pool_size = size});
  CHECK(p.empty());
  CHECK(p.t.track(p.me, "topic", "me"));
}

// -- shard, replica, tracker -----------------------------------------------------------

TEST_CASE("shard: a down_period under two broadcast periods is refused, in upstream's words") {
  test_system system;
  rollcall::tracker_options options;
  options.down_period = 1ms;
  const auto shard = rollcall::spawn_shard(system.get(), {{}, options}, 0);
  CHECK(code(shard) == errc::bad_option);
  CHECK(rollcall::text_of(shard.error())
        == "down_period must be at least twice as large as the broadcast_period");
  CHECK(rollcall::text_of(system.start(options).error())
        == "down_period must be at least twice as large as the broadcast_period");
}

TEST_CASE("shard: a permdown_period not above the down_period is refused, in upstream's words") {
  test_system system;
  rollcall::tracker_options options;
  options.permdown_period = 120'000ms;
  options.down_period = 1'200'000ms;
  const auto shard = rollcall::spawn_shard(system.get(), {{}, options}, 0);
  CHECK(code(shard) == errc::bad_option);
  CHECK(rollcall::text_of(shard.error())
        == "permdown_period must be at least larger than the down_period");
  CHECK(rollcall::text_of(system.start(options).error())
        == "permdown_period must be at least larger than the down_period");
}

TEST_CASE("replica: each new life has an incarnation of its own") {
  std::set<rollcall::incarnation> all;
  rollcall::incarnation last;
  for (int i = 0; i < 10'000; ++i) {
    const auto next = rollcall::actors::next_incarnation();
    CHECK(next > last); // within a process they only grow
    CHECK(all.insert(next).second);
    last = next;
  }
  // Two trackers in turn under one name are two lives.
  test_system system;
  auto t = system.started();
  const auto first = t.replicas()->at(0).id;
  REQUIRE(t.stop());
  t = system.started();
  const auto second = t.replicas()->at(0).id;
  CHECK(second.name == first.name);
  CHECK(second.inc > first.inc);
}

TEST_CASE("spec: what a start takes, a restart uses") {
  notes made;
  test_system system;
  rollcall::tracker_spec spec;
  spec.options.name = "lobby";
  spec.options.pool_size = 2;
  spec.handler = [&](std::size_t shard) {
    made.add("handler " + std::to_string(shard));
    return std::make_unique<rollcall::tracker_handler>();
  };
  auto t = rollcall::start_tracker(system.get(), spec);
  REQUIRE(t);
  CHECK(t->name() == "lobby");
  CHECK(t->pool_size() == 2);
  CHECK(made.get() == std::vector<std::string>{"handler 0", "handler 1"});
  auto ada = system.idle();
  REQUIRE(t->track(ada, "room", "ada"));
  caf::anon_send_exit(t->shard(1), caf::exit_reason::kill);
  CHECK(eventually([&] { return made.count("handler 1") == 2; }));
  CHECK(eventually([&] {
    const auto x = t->stats();
    return x && x->restarts == 1;
  }));
  CHECK(made.count("handler 0") == 1);
  CHECK(keys(t->list("room")) == "ada");
  CHECK(t->stop());
}
