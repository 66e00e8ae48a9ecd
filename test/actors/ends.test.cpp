// The end of things: when an end has been answered, nothing of it runs any more,
// and no value that is left over is dangerous.
#include "test/actors/fixture.hpp"

#include <atomic>
#include <fstream>
#include <future>
#include <optional>

using namespace fixture;
using rollcall::cluster_event;
using rollcall::on_all;
using rollcall::subscription;
using rollcall::tracker_event;

namespace {

/// Counts calls, and how many began after it had been closed.
struct slow_listener {
  std::atomic<int> begun{0}, running{0}, late{0};
  std::atomic<bool> closed{false};

  void call() {
    ++running;
    ++begun;
    if (closed) ++late;
    std::this_thread::sleep_for(20ms);
    if (closed) ++late; // it ran on
    --running;
  }
};

std::size_t threads_of_process() {
  std::ifstream in{"/proc/self/status"};
  for (std::string line; std::getline(in, line);)
    if (line.rfind("Threads:", 0) == 0) return std::stoul(line.substr(8));
  return 0;
}

} // namespace

TEST_CASE("when cancel has returned, no callback runs or begins, however many diffs wait") {
  slow_listener heard;
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  auto s = t.subscribe(on_all(), {.diff = [&](auto, auto&) { heard.call(); }});
  REQUIRE(s);
  for (int i = 0; i < 30; ++i) REQUIRE(t.track(ada, "room", std::to_string(i)));
  REQUIRE(eventually([&] { return heard.running == 1; }));
  s->cancel();
  heard.closed = true;
  CHECK(heard.running == 0);
  std::this_thread::sleep_for(100ms);
  CHECK(heard.late == 0);
  CHECK(heard.begun < 30);
  CHECK(eventually([&] { return t.stats()->subscriptions == 0; }));
}

TEST_CASE("a subscription that is cancelled inside its own callback hears no more") {
  std::atomic<int> begun{0};
  auto captured = std::make_shared<int>(0);
  std::promise<subscription> mine;
  auto known = mine.get_future().share();
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  auto s = t.subscribe(on_all(), {.diff = [&begun, known, captured](auto, auto&) {
                         ++begun;
                         auto x = known.get();
                         x.cancel(); // does not wait for itself
                       }});
  REQUIRE(s);
  mine.set_value(*s);
  for (int i = 0; i < 30; ++i) REQUIRE(t.track(ada, "room", std::to_string(i)));
  REQUIRE(eventually([&] { return begun == 1; }));
  s->cancel();
  CHECK(captured.use_count() == 1); // what the callback captured is gone
  std::this_thread::sleep_for(50ms);
  CHECK(begun == 1);
}

TEST_CASE("two callbacks that cancel each other wait for each other not for ever") {
  std::atomic<int> done{0};
  subscription s[2];
  std::atomic<int> ready{0};
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  for (int i = 0; i < 2; ++i) {
    auto x = t.subscribe(on_all(), {.diff = [&, i](auto, auto&) {
                           ++ready;
                           while (ready < 2) std::this_thread::sleep_for(1ms);
                           auto other = s[1 - i];
                           other.cancel();
                           ++done;
                         }});
    REQUIRE(x);
    s[i] = *x;
  }
  REQUIRE(t.track(ada, "room", "ada"));
  CHECK(eventually([&] { return done == 2; }));
  s[0].cancel();
  s[1].cancel();
}

TEST_CASE(
    "when stop or graceful_permdown has returned, no callback and no handler runs or begins") {
  for (const bool bye : {false, true}) {
    slow_listener heard, observed, handled;
    test_system system;
    auto t = system.started({}, scripted_handler({.diff = [&](auto&, auto&) { handled.call(); }}));
    auto ada = system.idle();
    REQUIRE(t.subscribe(on_all(), {.diff = [&](auto, auto&) { heard.call(); }}));
    REQUIRE(t.observe([&](const tracker_event&) { observed.call(); }));
    for (int i = 0; i < 10; ++i) REQUIRE(t.track(ada, "room", std::to_string(i)));
    REQUIRE(eventually([&] { return heard.begun > 0; }));
    const bool ended = bye ? bool(t.graceful_permdown()) : bool(t.stop());
    REQUIRE(ended);
    heard.closed = observed.closed = handled.closed = true;
    CHECK(heard.running + observed.running + handled.running == 0);
    std::this_thread::sleep_for(100ms);
    CHECK(heard.late + observed.late + handled.late == 0);
    CHECK(t.stop()); // again: ok
    CHECK(t.graceful_permdown());
  }
}

TEST_CASE("a callback may stop its tracker, and none begins after that") {
  std::atomic<int> begun{0};
  std::atomic<bool> stopped{false};
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  REQUIRE(t.subscribe(on_all(), {.diff = [&](auto, auto&) {
                        if (++begun == 1) stopped = bool(t.stop());
                      }}));
  REQUIRE(t.track(ada, "room", "ada"));
  for (int i = 0; i < 30; ++i) (void)t.track(ada, "room", std::to_string(i));
  CHECK(eventually([&] { return stopped.load(); }));
  CHECK(t.stop());
  CHECK(begun == 1);
}

TEST_CASE("a stop that a callback outlasts says so, and can be asked again") {
  std::atomic<bool> hold{true}, runs{false};
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  REQUIRE(t.subscribe(on_all(), {.diff = [&](auto, auto&) {
                        runs = true;
                        while (hold) std::this_thread::sleep_for(1ms);
                      }}));
  REQUIRE(t.track(ada, "room", "ada"));
  REQUIRE(eventually([&] { return runs.load(); }));
  const auto x = t.with_timeout(300ms).stop();
  REQUIRE_FALSE(x);
  CHECK(code(x) == errc::timed_out);
  CHECK(rollcall::text_of(x.error()).find("callback") != std::string::npos);
  hold = false;
  CHECK(t.stop());
}

TEST_CASE("subscriptions, observers, trackers and nodes may outlive their actor system") {
  subscription s, o, n;
  rollcall::tracker t;
  rollcall::cluster_node node;
  {
    rollcall::config cfg;
    caf::actor_system system{cfg};
    auto started = rollcall::start_cluster(system, {.node_name = "a"});
    REQUIRE(started);
    node = *started;
    auto tracker = rollcall::start_tracker(system, {}, {}, node);
    REQUIRE(tracker);
    t = *tracker;
    s = *t.subscribe(on_all(), {.diff = [](auto, auto&) {}});
    o = *t.observe([](const tracker_event&) {});
    n = *node.observe([](const cluster_event&) {});
    REQUIRE(t.stop());
    REQUIRE(node.stop());
    CHECK(node.stop()); // again: ok
  }
  CHECK(code(node.peers()) == errc::shutting_down);
  CHECK(code(node.stats()) == errc::shutting_down);
  CHECK(code(node.observe([](const cluster_event&) {})) == errc::shutting_down);
  CHECK(node.stop());
  CHECK(t.stop());
  CHECK(code(t.replicas()) == errc::shutting_down);
  CHECK(t.list("room").empty());
  s.cancel();
  o.cancel();
  n.cancel();
}

TEST_CASE("a thousand subscriptions share a few threads") {
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  std::atomic<int> heard{0};
  const auto before = threads_of_process();
  std::vector<subscription> all;
  for (int i = 0; i < 1000; ++i) {
    auto s = t.subscribe(on_all(), {.diff = [&](auto, auto&) { ++heard; }});
    REQUIRE(s);
    all.push_back(*s);
  }
  REQUIRE(t.track(ada, "room", "ada"));
  CHECK(eventually([&] { return heard == 1000; }));
  CHECK(threads_of_process() <= before + rollcall::most_callback_threads);
  REQUIRE(t.stop());
}

TEST_CASE("a callback that does not return holds up no other subscription") {
  std::atomic<bool> hold{true};
  std::atomic<int> stuck{0}, heard{0};
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  for (std::size_t i = 0; i < rollcall::most_callback_threads - 1; ++i)
    REQUIRE(t.subscribe(on_all(), {.diff = [&](auto, auto&) {
                          ++stuck;
                          while (hold) std::this_thread::sleep_for(1ms);
                        }}));
  REQUIRE(t.subscribe(on_all(), {.diff = [&](auto, auto&) { ++heard; }}));
  for (int i = 0; i < 10; ++i) REQUIRE(t.track(ada, "room", std::to_string(i)));
  CHECK(eventually([&] { return heard == 10; }));
  CHECK(eventually([&] { return stuck == int(rollcall::most_callback_threads) - 1; }));
  hold = false;
}

TEST_CASE("a callback that throws ends its own subscription, and is told as a notice") {
  notes told;
  rollcall::send_notices_to([&](const rollcall::notice& x) { told.add(x.what + " " + x.text); });
  {
    std::atomic<int> heard{0};
    test_system system;
    auto t = system.started();
    auto ada = system.idle();
    REQUIRE(
        t.subscribe(on_all(), {.diff = [&](auto, auto&) { throw std::runtime_error{"ouch"}; }}));
    REQUIRE(t.subscribe(on_all(), {.diff = [&](auto, auto&) { ++heard; }}));
    for (int i = 0; i < 3; ++i) REQUIRE(t.track(ada, "room", std::to_string(i)));
    CHECK(eventually([&] { return heard == 3; }));
    CHECK(eventually([&] { return t.stats()->subscriptions == 1; }));
    CHECK(eventually([&] {
      return told.count("callback_failed a callback threw, and its subscription has ended: ouch")
             == 1;
    }));
  }
  rollcall::send_notices_to(nullptr);
}

TEST_CASE("a null handle and an actor of another actor system have codes of their own") {
  test_system system, other;
  auto t = system.started();
  auto stranger = other.idle();
  CHECK(code(t.track(caf::actor{}, "room", "ada")) == errc::null_actor);
  CHECK(code(t.track(caf::actor_addr{}, "room", "ada")) == errc::null_actor);
  CHECK(code(t.untrack(caf::actor{})) == errc::null_actor);
  CHECK(code(t.subscribe_actor(caf::actor{}, on_all())) == errc::null_actor);
  CHECK(code(t.observe_actor(caf::actor{})) == errc::null_actor);
  CHECK(code(t.track(stranger, "room", "ada")) == errc::other_system);
  CHECK(code(t.untrack(stranger)) == errc::other_system);
  CHECK(code(t.subscribe_actor(stranger, on_all())) == errc::other_system);
  CHECK(code(t.observe_actor(stranger)) == errc::other_system);
}

TEST_CASE("an empty meta in braces is a meta, and update takes it") {
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  REQUIRE(t.track(ada, "room", "ada", {{"status", "here"}}));
  REQUIRE(t.update(ada, "room", "ada", {}));
  CHECK(t.list("room").to_vector().at(0).meta == meta{});
  REQUIRE(t.update(ada, "room", "ada", [](rollcall::meta_view) -> meta { return {{"n", 1}}; }));
  REQUIRE(t.update(ada, "room", "ada", {{"n", 2}}));
}

TEST_CASE("the presences of a diff and those of a list are read in one way") {
  const auto render = [](const auto& p) {
    return std::string{p.topic()} + "/" + std::string{p.key()} + " " + p.meta().to_json() + " "
           + to_string(p.who()) + " " + to_string(p.ref())
           + (p.prev_ref() ? to_string(*p.prev_ref()) : "");
  };
  notes told;
  test_system system;
  auto t = system.started({}, scripted_handler({.diff = [&](auto&, const rollcall::diff& d) {
                            for (const auto& x : d)
                              for (const auto& p : x.joins) told.add(render(p));
                          }}));
  auto ada = system.idle();
  REQUIRE(t.track(ada, "room", "ada", {{"status", "here"}}));
  for (const auto p : t.list("room")) CHECK(told.get().at(0) == render(p));
  REQUIRE(t.update(ada, "room", "ada", {{"status", "away"}}));
  for (const auto p : t.list("room")) CHECK(told.get().at(1) == render(p));
}

TEST_CASE("a handler hears of its own failure, and a failure about that is not told again") {
  notes told;
  test_system system;
  auto t = system.started(
      {}, scripted_handler({.diff = [](auto&, auto&) { throw std::runtime_error{"ouch"}; },
                            .event =
                                [&](auto&, const tracker_event& e) {
                                  told.add(to_string(e.kind) + " " + e.text);
                                  throw std::runtime_error{"again"};
                                }}));
  auto ada = system.idle();
  REQUIRE(t.track(ada, "room", "ada"));
  REQUIRE(t.track(ada, "room", "bob"));
  CHECK(told.count("handler_failed ouch") == 2);
  CHECK(told.get().size() == 2);
}

TEST_CASE("a tracker whose own actor is ended from outside says so, and can be started again") {
  notes told;
  test_system system;
  auto t = system.started();
  REQUIRE(t.observe([&](const tracker_event& e) { told.add(to_string(e.kind)); }));
  caf::anon_send_exit(t.as_actor(), caf::exit_reason::kill);
  CHECK(eventually([&] { return told.count("tracker_failed") == 1; }));
  CHECK(t.stop());
  CHECK_FALSE(t.running());
  CHECK(eventually([&] { return bool(system.start({})); }));
}
