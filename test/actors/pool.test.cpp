#include "test/actors/fixture.hpp"

#include <atomic>

using namespace fixture;

TEST_CASE("pools of any size do the same") {
  const auto size = GENERATE(as<std::size_t>{}, 1, 2, 8, 512);
  test_system system;
  auto t = system.started({.name = "lobby", .pool_size = size});
  CHECK(t.pool_size() == size);
  auto ada = system.idle();
  auto bob = system.idle();
  const int topics = 100;
  for (int i = 0; i < topics; ++i) {
    const auto topic = "room" + std::to_string(i);
    REQUIRE(t.track(ada, topic, "ada", {{"n", i}}));
    REQUIRE(t.track(bob, topic, "bob"));
    CHECK(t.shard_of(topic) < size);
  }
  CHECK(t.topics().size() == topics);
  for (int i = 0; i < topics; ++i) {
    const auto topic = "room" + std::to_string(i);
    REQUIRE(t.update(ada, topic, "ada", [](rollcall::meta_view old) {
      return meta{{"n", old["n"].as_int().value_or(0) + 1}};
    }));
    REQUIRE(t.update(bob, topic, "bob", {{"n", 0}}));
    REQUIRE(t.untrack(bob, topic, "bob"));
  }
  for (int i = 0; i < topics; ++i) {
    const auto all = t.list("room" + std::to_string(i));
    REQUIRE(all.size() == 1);
    CHECK((*all.begin()).meta()["n"].as_int() == i + 1);
  }
  std::vector<std::string> many;
  for (int i = 0; i < 1000; ++i) many.push_back("k" + std::to_string(i));
  CHECK(t.track_many(bob, "many", many).value() == 1000);
  CHECK(t.count("many") == 1000);
  REQUIRE(t.untrack(ada));
  CHECK(t.topics() == std::map<std::string, std::size_t>{{"many", 1000}});
  CHECK(t.replicas()->size() == size);
  REQUIRE(t.graceful_permdown());
  CHECK(code(t.track(ada, "room", "ada")) == errc::shutting_down);
  CHECK(system.started({.name = "lobby", .pool_size = size}).running());
}

TEST_CASE("options that break a rule are an error with a text") {
  test_system system;
  rollcall::tracker_options options;
  options.down_period = 2000ms;
  auto bad = system.start(options);
  CHECK(code(bad) == errc::bad_option);
  CHECK(rollcall::text_of(bad.error())
        == "down_period must be at least twice as large as the broadcast_period");
  options.down_period = 4000ms;
  options.permdown_period = 4000ms;
  bad = system.start(options);
  CHECK(code(bad) == errc::bad_option);
  CHECK(rollcall::text_of(bad.error())
        == "permdown_period must be at least larger than the down_period");
  CHECK(code(system.start({.name = "x", .pool_size = 0})) == errc::bad_option);
}

TEST_CASE("a name is one tracker's in an actor system") {
  test_system system, other;
  auto t = system.started({.name = "lobby"});
  CHECK(code(system.start({.name = "lobby"})) == errc::tracker_exists);
  CHECK(other.started({.name = "lobby"}).running());
  auto found = rollcall::find_tracker(system.get(), "lobby");
  REQUIRE(found);
  auto ada = system.idle();
  REQUIRE(found->track(ada, "room", "ada"));
  CHECK(t.count("room") == 1);
  CHECK(code(rollcall::find_tracker(system.get(), "hall")) == errc::no_such_tracker);
}

TEST_CASE("no tracker at all answers without a crash") {
  rollcall::tracker none;
  caf::actor_addr nobody;
  CHECK(!none);
  CHECK(code(none.track(nobody, "room", "ada")) == errc::no_such_tracker);
  CHECK(code(none.stop()) == errc::no_such_tracker);
  CHECK(none.list("room").empty());
  CHECK(none.topics().empty());
  CHECK(!none.shard(0));
}

TEST_CASE("from the moment of stop everything is refused, and the system can end") {
  test_system system;
  auto t = system.started({.name = "lobby", .pool_size = 4});
  auto ada = system.idle();
  REQUIRE(t.track(ada, "room", "ada"));
  const auto shard = t.shard_for("room");
  REQUIRE(t.stop());
  CHECK(!t.running());
  CHECK(code(t.track(ada, "room", "bob")) == errc::shutting_down);
  CHECK(code(t.untrack(ada)) == errc::shutting_down);
  CHECK(code(t.stats()) == errc::shutting_down);
  CHECK(t.stop()); // again: ok
  CHECK(code(ask<rollcall::track_reply>(system.get(), shard,
                                        rollcall::track_msg{ada.address(), "room", "bob", {}}))
        == errc::shutting_down);
  CHECK(t.list("room").empty());
  CHECK(!t.as_actor());
}

TEST_CASE("stop as a message to any shard ends the whole tracker") {
  test_system system;
  auto t = system.started({.name = "lobby", .pool_size = 4});
  CHECK(tell(system.get(), t.shard(2), rollcall::stop_msg{}) == errc::none);
  CHECK(!t.running());
  CHECK(code(rollcall::find_tracker(system.get(), "lobby")) == errc::no_such_tracker);
}

TEST_CASE("many threads stop one tracker while others use it") {
  std::atomic<int> strange{0};
  test_system system;
  auto t = system.started({.name = "lobby", .pool_size = 4});
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i)
    threads.emplace_back([&, i] {
      auto who = system.get().spawn([](caf::event_based_actor*) -> caf::behavior {
        return {[](std::int32_t x) { return x; }};
      });
      for (int k = 0;; ++k) {
        const auto e = code(t.track(who, "room" + std::to_string(k % 7),
                                    std::to_string(i) + "/" + std::to_string(k)));
        if (e == errc::shutting_down) break;
        if (e != errc::none) ++strange;
      }
      caf::anon_send_exit(who, caf::exit_reason::kill);
    });
  std::this_thread::sleep_for(20ms);
  std::vector<std::thread> stoppers;
  for (int i = 0; i < 3; ++i)
    stoppers.emplace_back([&] {
      const auto e = code(t.stop());
      if (e != errc::none && e != errc::shutting_down) ++strange;
    });
  for (auto& x : stoppers) x.join();
  for (auto& x : threads) x.join();
  CHECK(strange == 0);
}

// What CAF had fetched from the mailbox of an actor goes only with the last
// handle of that actor: a caller that waits for it waited its whole timeout.
TEST_CASE(
    "a call that the end of its tracker met in the mailbox is answered, whoever holds handles") {
  test_system system;
  for (int round = 0; round < 20; ++round) {
    auto t = system.started({.name = "lobby" + std::to_string(round)});
    const auto held = t.shard(0);
    std::atomic<int> strange{0};
    std::atomic<bool> go{false};
    std::vector<std::thread> threads;
    for (int i = 0; i < 4; ++i)
      threads.emplace_back([&, i] {
        auto who = system.get().spawn([](caf::event_based_actor*) -> caf::behavior {
          return {[](std::int32_t x) { return x; }};
        });
        for (int k = 0;; ++k) {
          if (k == 10) go = true;
          const auto e = code(t.track(who, "room", std::to_string(i) + "/" + std::to_string(k)));
          if (e == errc::shutting_down) break;
          if (e != errc::none) {
            ++strange;
            break;
          }
        }
        caf::anon_send_exit(who, caf::exit_reason::kill);
      });
    while (!go) std::this_thread::yield();
    CHECK(t.stop());
    for (auto& x : threads) x.join();
    CHECK(strange == 0);
  }
}

TEST_CASE("readers on other threads see each acknowledged change at once") {
  std::atomic<int> acknowledged{0};
  std::atomic<bool> end{false};
  std::atomic<int> wrong{0};
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i)
    readers.emplace_back([&] {
      while (!end) {
        const auto least = static_cast<std::size_t>(acknowledged.load());
        if (t.count("room") < least || t.list("room").size() < least) ++wrong;
      }
    });
  for (int i = 0; i < 2000; ++i) {
    REQUIRE(t.track(ada, "room", "k" + std::to_string(i)));
    acknowledged = i + 1;
  }
  end = true;
  for (auto& x : readers) x.join();
  CHECK(wrong == 0);
}

TEST_CASE("one shard by itself") {
  test_system system;
  auto& s = system.get();
  const rollcall::tracker_spec spec{{}, {.name = "lobby", .pool_size = 8}};
  auto one = rollcall::spawn_shard(s, spec, 3);
  REQUIRE(one);
  CHECK(code(rollcall::spawn_shard(s, spec, 3)) == errc::tracker_exists);
  CHECK(code(rollcall::spawn_shard(s, spec, 8)) == errc::bad_option);
  auto other = rollcall::spawn_shard(s, spec, 4);
  REQUIRE(other);
  auto ada = system.idle();
  CHECK(ask<rollcall::track_reply>(s, *one, rollcall::track_msg{ada.address(), "room", "ada", {}}));
  CHECK(ask<rollcall::count_reply>(s, *one, rollcall::count_msg{"room"})->count == 1);
  CHECK(code(system.start({.name = "lobby", .pool_size = 8})) == errc::tracker_exists);
  CHECK(tell(s, *one, rollcall::stop_msg{}) == errc::none);
  CHECK(tell(s, *other, rollcall::permdown_msg{}) == errc::none);
  CHECK(eventually([&] { return bool(system.start({.name = "lobby", .pool_size = 8})); }));
}
