#include "test/actors/fixture.hpp"

#include <atomic>

using namespace fixture;
using rollcall::init_result;

TEST_CASE("a handler hears each change once, and sees it when it reads") {
  notes heard;
  std::atomic<int> wrong{0};
  test_system system;
  auto t =
      system.started({}, scripted_handler({.diff = [&](auto& context, const rollcall::diff& d) {
                       heard.add(brief(d));
                       for (const auto& topic : d) {
                         for (const auto& x : topic.joins) {
                           const auto now = context.tracker->get_by_key(topic.topic, x.key);
                           if (now.size() != 1 || (*now.begin()).ref() != x.ref) ++wrong;
                         }
                         if (topic.joins.empty() && context.tracker->count(topic.topic) != 0)
                           ++wrong;
                       }
                     }}));
  auto ada = system.idle();
  REQUIRE(t.track(ada, "room", "ada"));
  REQUIRE(t.update(ada, "room", "ada", {{"n", 1}}));
  REQUIRE(t.untrack(ada, "room", "ada"));
  // The reply came after handle_diff.
  CHECK(heard.get() == std::vector<std::string>{"+ada", "-ada +ada", "-ada"});
  CHECK(wrong == 0);
}

TEST_CASE("each shard has a handler of its own") {
  notes heard;
  test_system system;
  auto t = system.started({.name = "lobby", .pool_size = 3},
                          scripted_handler({.init = [&](const rollcall::handler_context& c) {
                            heard.add(c.shard_name + "@" + c.node_name);
                            return init_result::ok();
                          }}));
  CHECK(heard.get()
        == std::vector<std::string>{"lobby_shard0@local", "lobby_shard1@local",
                                    "lobby_shard2@local"});
  CHECK(rollcall::name_for_number("lobby", 2) == "lobby_shard2");
  CHECK(rollcall::name_for_topic("lobby", "room", 3)
        == "lobby_shard" + std::to_string(t.shard_of("room")));
}

TEST_CASE("what a handler throws is reported, and nothing is lost") {
  notes events;
  test_system system;
  auto t = system.started(
      {}, scripted_handler({.diff = [](auto&, auto&) { throw std::runtime_error("broken"); }}));
  REQUIRE(t.observe([&](const rollcall::tracker_event& e) {
    events.add(rollcall::to_string(e.kind) + " " + e.text);
  }));
  auto ada = system.idle();
  REQUIRE(t.track(ada, "room", "a"));
  REQUIRE(t.track(ada, "room", "b"));
  CHECK(keys(t.list("room")) == "a b");
  CHECK(eventually([&] { return events.count("handler_failed broken") == 2; }));
  CHECK(t.stats()->handler_failures == 2);
  CHECK(t.stats()->restarts == 0);
}

TEST_CASE("a blocking call from inside a handler is refused, reads and messages are not") {
  notes heard;
  test_system system;
  caf::actor ada = system.idle();
  auto t = system.started(
      {}, scripted_handler({.diff = [&](const rollcall::handler_context& c, auto& d) {
        if (brief(d) != "+a") return heard.add(brief(d));
        const auto& tracker = *c.tracker;
        heard.add(to_string(code(tracker.track(ada, "room", "b"))));
        heard.add(to_string(code(tracker.untrack(ada))));
        heard.add(to_string(code(tracker.stats())));
        heard.add(to_string(code(tracker.stop())));
        heard.add(to_string(code(rollcall::start_tracker(*c.system, {}, {.name = "other"}))));
        heard.add(keys(tracker.list("room")));
        rollcall::compat::anon_send(tracker.shard_for("room"),
                                    rollcall::track_msg{ada.address(), "room", "c", {}});
      }}));
  REQUIRE(t.track(ada, "room", "a"));
  const std::string no = "would_deadlock";
  CHECK(eventually([&] { return heard.count("+c") == 1; }));
  CHECK(heard.get() == std::vector<std::string>{no, no, no, no, no, "a", "+c"});
}

TEST_CASE("a handler hears of messages that are not of the shard's interface") {
  notes heard;
  test_system system;
  auto t = system.started({}, scripted_handler({.info = [&](auto&, const rollcall::info& i) {
                            if (auto* x = i.get_if<std::string>()) heard.add(*x);
                            if (i.get_if<std::int32_t>()) throw std::runtime_error("no numbers");
                          }}));
  const auto shard = caf::actor_cast<caf::actor>(t.shard(0));
  rollcall::compat::anon_send(shard, std::string{"hello"});
  rollcall::compat::anon_send(shard, std::int32_t{1});
  rollcall::compat::anon_send(t.shard(0),
                              rollcall::info_msg{caf::make_message(std::string{"again"})});
  CHECK(eventually([&] { return heard.get().size() == 2; }));
  CHECK(heard.get() == std::vector<std::string>{"hello", "again"});
  CHECK(t.stats()->handler_failures == 1);
}

// -- what init may say -----------------------------------------------------------------

TEST_CASE("init: ok with a timeout that nothing stops") {
  notes heard;
  test_system system;
  auto t = system.started(
      {}, scripted_handler({.init = [](auto&) { return init_result::ok_with_timeout(20ms); },
                            .info =
                                [&](auto&, const rollcall::info& i) {
                                  heard.add(i.is_timeout() ? "timeout" : "message");
                                }}));
  CHECK(eventually([&] { return heard.count("timeout") == 1; }));
}

TEST_CASE("init: ok with a timeout, and something comes before") {
  notes heard;
  test_system system;
  // The message stands in the mailbox before the alarm is set.
  auto t = system.started(
      {}, scripted_handler({.init =
                                [](const rollcall::handler_context& c) {
                                  const auto self = caf::actor_cast<caf::actor>(c.self);
                                  rollcall::compat::anon_send(self, std::string{"here"});
                                  return init_result::ok_with_timeout(20ms);
                                },
                            .info =
                                [&](auto&, const rollcall::info& i) {
                                  heard.add(i.is_timeout() ? "timeout" : "message");
                                }}));
  std::this_thread::sleep_for(100ms);
  CHECK(heard.get() == std::vector<std::string>{"message"});
}

TEST_CASE("init: ok and something to go on with before any message") {
  notes heard;
  test_system system;
  auto t = system.started(
      {}, scripted_handler({.init =
                                [&](const rollcall::handler_context& c) {
                                  const auto self = caf::actor_cast<caf::actor>(c.self);
                                  rollcall::compat::anon_send(self, std::string{"message"});
                                  return init_result::ok_then([&heard] {
                                    std::this_thread::sleep_for(20ms);
                                    heard.add("next");
                                  });
                                },
                            .info = [&](auto&, auto&) { heard.add("message"); }}));
  CHECK(eventually([&] { return heard.get().size() == 2; }));
  CHECK(heard.get() == std::vector<std::string>{"next", "message"});
}

TEST_CASE("init: ignore starts nothing and leaves all else alone") {
  test_system system;
  auto other = system.started({.name = "other"});
  const auto ignored =
      system.start({.name = "lobby", .pool_size = 2},
                   scripted_handler({.init = [](auto&) { return init_result::ignore(); }}));
  CHECK(code(ignored) == errc::ignored);
  CHECK(code(rollcall::find_tracker(system.get(), "lobby")) == errc::no_such_tracker);
  CHECK(other.running());
  CHECK(system.started({.name = "lobby"}).running()); // the name is free
}

TEST_CASE("init: a shard that ignores leaves the rest of its pool alone") {
  test_system system;
  auto t = system.started({.name = "lobby", .pool_size = 4},
                          scripted_handler({.init = [](const rollcall::handler_context& c) {
                            return c.shard == 1 ? init_result::ignore() : init_result::ok();
                          }}));
  auto ada = system.idle();
  std::set<errc> seen[2];
  for (int i = 0; i < 64; ++i) {
    const auto topic = "room" + std::to_string(i);
    seen[t.shard_of(topic) == 1].insert(code(t.track(ada, topic, "ada")));
  }
  CHECK(seen[0] == std::set<errc>{errc::none});
  CHECK(seen[1] == std::set<errc>{errc::ignored});
  CHECK(t.replicas()->size() == 3);
  CHECK(t.untrack(ada));
  CHECK(t.topics().empty());
}

TEST_CASE("init: stop and exceptions are errors of the start, and nothing is left") {
  notes ended;
  test_system system;
  const auto last_fails = [&](auto how) {
    return system.start({.name = "lobby", .pool_size = 3},
                        scripted_handler({.init = [how](const rollcall::handler_context& c) {
                          return c.shard == 2 ? how() : init_result::ok();
                        }}));
  };
  CHECK(code(last_fails([] { return init_result::stop(rollcall::make_error(errc::bad_tls)); }))
        == errc::bad_tls);
  CHECK(last_fails([] { return init_result::stop(caf::sec::runtime_error); }).error()
        == caf::make_error(caf::sec::runtime_error));
  CHECK(code(last_fails([] { return init_result::stop({}); })) == errc::init_failed);
  const auto thrown = last_fails([]() -> init_result { throw std::runtime_error("broken"); });
  CHECK(code(thrown) == errc::init_failed);
  CHECK(rollcall::text_of(thrown.error()) == "broken");
  CHECK(code(system.start({.name = "lobby"},
                          [](std::size_t) -> std::unique_ptr<rollcall::tracker_handler> {
                            throw std::runtime_error("factory");
                          }))
        == errc::init_failed);
  CHECK(code(rollcall::find_tracker(system.get(), "lobby")) == errc::no_such_tracker);
  CHECK(system.started({.name = "lobby"}).running());
}

TEST_CASE("init: a query is something that came, and stops the timeout") {
  std::atomic<int> timeouts{0};
  std::atomic<bool> asked{false};
  test_system system;
  auto t = system.started(
      {}, scripted_handler({.init =
                                [](const rollcall::handler_context& c) {
                                  // In the mailbox before the alarm is set.
                                  rollcall::compat::anon_send(
                                      caf::actor_cast<rollcall::shard_actor>(
                                          caf::actor_cast<caf::strong_actor_ptr>(c.self)),
                                      rollcall::count_msg{"room"});
                                  return init_result::ok_with_timeout(1ms);
                                },
                            .info =
                                [&](auto&, const rollcall::info& i) {
                                  if (i.is_timeout()) ++timeouts;
                                  if (i.get_if<std::string>()) asked = true;
                                }}));
  // An alarm of ours that is set later, and as long: when it rang, theirs has.
  auto late = system.get().spawn([&](caf::event_based_actor* self) -> caf::behavior {
    rollcall::compat::delayed_send(self, caf::actor_cast<caf::actor>(t.shard(0)), 100ms,
                                   std::string{"later"});
    return {[](std::int32_t i) { return i; }};
  });
  system.adopt(late);
  CHECK(eventually([&] { return asked.load(); }));
  CHECK(timeouts == 0);
}
