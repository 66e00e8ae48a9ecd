// A shard that dies comes back as a new life with what it had.
#include "actors/shard_messages.hpp"
#include "test/actors/fabric.hpp"

#include <atomic>

using namespace fixture;
using rollcall::actors::call_msg;
using rollcall::actors::inner_shard;

namespace {

void crash(const rollcall::tracker& t, std::size_t shard) {
  rollcall::compat::anon_send(caf::actor_cast<inner_shard>(t.shard(shard)),
                              call_msg{[](void*) { throw std::runtime_error("crash"); }});
}

void kill(const rollcall::tracker& t, std::size_t shard) {
  caf::anon_send_exit(t.shard(shard), caf::exit_reason::kill);
}

std::uint64_t restarts(const rollcall::tracker& t) {
  const auto x = t.stats();
  return x ? x->restarts : 0;
}

/// The shard is back, and takes operations.
bool back(const rollcall::tracker& t, std::uint64_t n) {
  return eventually([&] { return restarts(t) >= n; });
}

} // namespace

TEST_CASE("presences of a shard that died come back with refs and metas") {
  const bool by_exception = GENERATE(true, false);
  notes events;
  test_system system;
  auto t = system.started({.name = "lobby", .pool_size = 2});
  REQUIRE(t.observe(
      [&](const rollcall::tracker_event& e) { events.add(rollcall::to_string(e.kind)); }));
  auto ada = system.idle();
  auto bob = system.idle();
  for (int i = 0; i < 20; ++i) {
    const auto topic = "room" + std::to_string(i);
    REQUIRE(t.track(ada, topic, "ada", {{"n", i}}));
    REQUIRE(t.track(bob, topic, "bob"));
    REQUIRE(t.update(bob, topic, "bob", {{"n", -i}}));
  }
  std::vector<rollcall::presence> before;
  for (auto& [topic, n] : t.topics())
    for (auto x : t.list(topic)) before.push_back(x.to_presence());
  const auto lives = t.replicas().value();
  for (std::size_t i = 0; i < 2; ++i) by_exception ? crash(t, i) : kill(t, i);
  REQUIRE(back(t, 2));
  std::vector<rollcall::presence> after;
  for (auto& [topic, n] : t.topics())
    for (auto x : t.list(topic)) after.push_back(x.to_presence());
  REQUIRE(after.size() == before.size());
  for (std::size_t i = 0; i < after.size(); ++i) {
    CHECK(after[i].topic == before[i].topic);
    CHECK(after[i].key == before[i].key);
    CHECK(after[i].who.actor == before[i].who.actor);
    CHECK(after[i].meta == before[i].meta);
    CHECK(after[i].ref == before[i].ref);
    CHECK(after[i].prev_ref == before[i].prev_ref);
    CHECK(after[i].who.replica.inc > before[i].who.replica.inc);
  }
  const auto now = t.replicas().value();
  for (std::size_t i = 0; i < 2; ++i) CHECK(now[i].id.inc > lives[i].id.inc);
  CHECK(eventually([&] { return events.count("shard_restarted") == 2; }));
  // And they are watched again.
  system.kill(ada);
  CHECK(eventually([&] { return t.count("room1") == 1; }));
  CHECK(code(t.track(bob, "room1", "bob")) == errc::already_tracked);
  CHECK(t.untrack(bob));
  CHECK(t.topics().empty());
}

TEST_CASE("an actor that ended while its shard was dead does not come back") {
  std::atomic<bool> hold{false};
  test_system system;
  auto t = system.started({}, scripted_handler({.init = [&](auto&) {
                            while (hold) std::this_thread::sleep_for(1ms);
                            return rollcall::init_result::ok();
                          }}));
  auto ada = system.idle();
  auto bob = system.idle();
  REQUIRE(t.track(ada, "room", "ada"));
  REQUIRE(t.track(bob, "room", "bob"));
  hold = true;
  const auto old = t.shard(0);
  crash(t, 0);
  std::this_thread::sleep_for(50ms);
  CHECK(keys(t.list("room")) == "ada bob"); // reads go on meanwhile
  system.kill(ada);
  hold = false;
  CHECK(eventually([&] { return keys(t.list("room")) == "bob" && t.shard(0) != old; }));
}

TEST_CASE("the handler is made anew, and hears of what came back") {
  notes heard;
  test_system system;
  auto t =
      system.started({}, scripted_handler({.init =
                                               [&](auto&) {
                                                 heard.add("init");
                                                 return rollcall::init_result::ok();
                                               },
                                           .diff = [&](auto&, auto& d) { heard.add(brief(d)); }}));
  auto ada = system.idle();
  REQUIRE(t.track(ada, "room", "ada"));
  crash(t, 0);
  REQUIRE(back(t, 1));
  CHECK(heard.get() == std::vector<std::string>{"init", "+ada", "init", "+ada"});
}

TEST_CASE("an operation that a shard died with is open, and does not hang") {
  std::atomic<bool> blocked{true};
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  const auto shard = t.shard(0);
  rollcall::compat::anon_send(caf::actor_cast<inner_shard>(shard), call_msg{[&](void*) {
                                while (blocked) std::this_thread::sleep_for(1ms);
                                throw std::runtime_error("crash");
                              }});
  std::thread user{[&] { CHECK(code(t.track(ada, "room", "ada")) == errc::timed_out); }};
  std::this_thread::sleep_for(50ms);
  blocked = false;
  user.join();
  REQUIRE(back(t, 1));
  CHECK(t.track(ada, "room", "bob"));
}

TEST_CASE("a blocking operation answers timed_out when its time is over") {
  std::atomic<bool> blocked{true};
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  rollcall::compat::anon_send(caf::actor_cast<inner_shard>(t.shard(0)), call_msg{[&](void*) {
                                while (blocked) std::this_thread::sleep_for(1ms);
                              }});
  CHECK(code(t.with_timeout(20ms).track(ada, "room", "ada")) == errc::timed_out);
  blocked = false;
  CHECK(eventually([&] { return t.count("room") == 1; })); // it took place all the same
}

TEST_CASE("a shard that dies too often fails the tracker, and the system can end") {
  notes events;
  test_system system;
  auto t = system.started({.name = "lobby", .pool_size = 2});
  REQUIRE(t.observe(
      [&](const rollcall::tracker_event& e) { events.add(rollcall::to_string(e.kind)); }));
  std::size_t i = 0;
  CHECK(eventually([&] {
    if (t.shard(i % 2)) kill(t, i % 2);
    ++i;
    return !t.running();
  }));
  auto ada = system.idle();
  CHECK(code(t.track(ada, "room", "ada")) == errc::too_many_restarts);
  CHECK(eventually([&] {
    return code(rollcall::find_tracker(system.get(), "lobby")) == errc::no_such_tracker;
  }));
  CHECK(eventually([&] { return bool(system.start({.name = "lobby"})); }));
}

TEST_CASE("a handler whose init fails at each restart fails the tracker") {
  std::atomic<int> starts{0};
  test_system system;
  auto t = system.started({}, scripted_handler({.init = [&](auto&) {
                            return starts++ == 0 ? rollcall::init_result::ok()
                                                 : rollcall::init_result::stop({});
                          }}));
  crash(t, 0);
  CHECK(eventually([&] { return !t.running(); }));
  CHECK(starts == 3); // pool_size * 2 restarts
}

TEST_CASE("subscribers of a shard that died get the state again, and then diffs") {
  notes heard;
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  REQUIRE(t.track(ada, "room", "ada"));
  auto s =
      t.subscribe(rollcall::on_topic("room"),
                  {.state =
                       [&](std::uint32_t, const std::vector<rollcall::presence>& all) {
                         heard.add("state " + std::to_string(all.size()));
                       },
                   .diff = [&](std::uint32_t, const rollcall::diff& d) { heard.add(brief(d)); }});
  REQUIRE(s);
  CHECK(eventually([&] { return heard.get().size() == 1; }));
  crash(t, 0);
  REQUIRE(back(t, 1));
  REQUIRE(t.track(ada, "room", "bob"));
  CHECK(eventually([&] { return heard.get().size() == 3; }));
  CHECK(heard.get() == std::vector<std::string>{"state 1", "state 1", "+bob"});
}

TEST_CASE("init: a shard that ignores at its restart leaves the rest of its pool alone") {
  std::atomic<int> starts{0};
  test_system system;
  auto t = system.started({.name = "lobby", .pool_size = 2},
                          scripted_handler({.init = [&](const rollcall::handler_context& c) {
                            return c.shard == 1 && starts++ > 0 ? rollcall::init_result::ignore()
                                                                : rollcall::init_result::ok();
                          }}));
  auto ada = system.idle();
  std::string topic[2];
  for (int i = 0; topic[0].empty() || topic[1].empty(); ++i)
    topic[t.shard_of("room" + std::to_string(i))] = "room" + std::to_string(i);
  REQUIRE(t.track(ada, topic[0], "ada"));
  REQUIRE(t.track(ada, topic[1], "ada"));
  crash(t, 1);
  CHECK(eventually([&] { return code(t.track(ada, topic[1], "x")) == errc::ignored; }));
  CHECK(t.running());
  CHECK(keys(t.list(topic[0])) == "ada");
  CHECK(t.track(ada, topic[0], "x"));
  CHECK(t.untrack(ada));
}

TEST_CASE("a shard that dies now and then is restarted for ever") {
  // Two restarts in one second are allowed for one shard; more than those come,
  // further apart.
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  REQUIRE(t.track(ada, "room", "ada"));
  for (std::uint64_t i = 1; i <= 5; ++i) {
    crash(t, 0);
    REQUIRE(eventually([&] { return restarts(t) == i; }));
    if (i % 2 == 0) std::this_thread::sleep_for(1100ms);
  }
  CHECK(t.running());
  CHECK(keys(t.list("room")) == "ada");
}

TEST_CASE("a shard that died and came back is one diff for its peers, and nobody vanishes") {
  notes heard;
  std::atomic<bool> end{false};
  std::atomic<int> vanished{0};
  two_nodes net{patient(),
                scripted_handler({.diff = [&](auto&, auto& d) { heard.add(brief(d)); }})};
  auto &a = net.a, &b = net.b;
  auto ada = net.sa.idle();
  REQUIRE(a.track_many(ada, "room", {"x", "y"}, {{"n", 1}}));
  // Readers see it before the handler hears of it.
  REQUIRE(eventually([&] { return heard.count("+x +y") == 1; }));
  const auto before = b.list("room").to_vector();
  std::thread reader{[&] {
    while (!end) {
      if (b.list("room").size() < 2) ++vanished;
      std::this_thread::yield();
    }
  }};
  const auto told = heard.get().size();
  crash(a, 0);
  CHECK(eventually([&] { return heard.get().size() > told; }));
  CHECK(eventually([&] { return restarts(a) == 1; }));
  REQUIRE(a.track(ada, "room", "z"));
  CHECK(eventually([&] { return b.count("room") == 3; }));
  end = true;
  reader.join();
  CHECK(vanished == 0);
  auto lines = heard.get();
  lines.erase(lines.begin(), lines.begin() + static_cast<std::ptrdiff_t>(told));
  CHECK(lines == std::vector<std::string>{"-x -y +x +y", "+z"});
  const auto after = b.list("room").to_vector();
  REQUIRE(after.size() == 3);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(after[i].ref == before[i].ref);
    CHECK(after[i].meta == before[i].meta);
    CHECK(after[i].who.replica.inc > before[i].who.replica.inc);
  }
}
