#include "test/actors/fixture.hpp"

#include <atomic>
#include <map>

using namespace fixture;

namespace {

/// A subscriber's view: what it would believe after all that it was told.
class view {
public:
  rollcall::subscription_callbacks callbacks() {
    return {.state = [this](std::uint32_t shard,
                            const std::vector<rollcall::presence>& all) { state(shard, all); },
            .diff = [this](std::uint32_t shard, const rollcall::diff& d) { diff(shard, d); }};
  }
  std::size_t size() const {
    const std::lock_guard guard{mutex_};
    std::size_t n = 0;
    for (const auto& [shard, x] : held_) n += x.size();
    return n;
  }
  std::size_t states() const {
    const std::lock_guard guard{mutex_};
    return states_;
  }
  int wrong() const {
    const std::lock_guard guard{mutex_};
    return wrong_;
  }
  std::string topics() const {
    const std::lock_guard guard{mutex_};
    std::set<std::string> all;
    for (const auto& [shard, x] : held_)
      for (const auto& [ref, p] : x) all.insert(p.topic);
    std::string result;
    for (const auto& x : all) result += (result.empty() ? "" : " ") + x;
    return result;
  }

private:
  void state(std::uint32_t shard, const std::vector<rollcall::presence>& all) {
    const std::lock_guard guard{mutex_};
    ++states_;
    auto& mine = held_[shard];
    mine.clear();
    for (const auto& x : all) mine.emplace(x.ref, x);
  }
  void diff(std::uint32_t shard, const rollcall::diff& d) {
    const std::lock_guard guard{mutex_};
    if (held_.count(shard) == 0) ++wrong_; // a diff before the state
    auto& mine = held_[shard];
    for (const auto& t : d) {
      for (const auto& x : t.leaves)
        if (mine.erase(x.ref) != 1) ++wrong_;
      for (const auto& x : t.joins)
        if (!mine.emplace(x.ref, x).second) ++wrong_;
    }
  }

  mutable std::mutex mutex_;
  std::map<std::uint32_t, std::map<rollcall::ref, rollcall::presence>> held_;
  std::size_t states_ = 0;
  int wrong_ = 0;
};

} // namespace

TEST_CASE("a subscriber gets one state for each shard, then diffs without gap or overlap") {
  std::atomic<bool> end{false};
  test_system system;
  auto t = system.started({.name = "lobby", .pool_size = 4});
  auto ada = system.idle();
  const auto room = [](int i) { return "room:" + std::to_string(i % 10); };
  std::thread busy{[&] { // joins, updates and leaves while the others subscribe
    for (int i = 0; !end; ++i) {
      (void)t.track(ada, room(i), std::to_string(i));
      (void)t.update(ada, room(i), std::to_string(i), {{"n", i}});
      if (i >= 20) (void)t.untrack(ada, room(i - 20), std::to_string(i - 20));
    }
  }};
  std::vector<std::unique_ptr<view>> views;
  std::vector<rollcall::subscription> subscriptions;
  for (int i = 0; i < 12; ++i) {
    views.push_back(std::make_unique<view>());
    const auto what = i % 3 == 0   ? rollcall::on_all()
                      : i % 3 == 1 ? rollcall::on_prefix("room:")
                                   : rollcall::on_topic("room:3");
    auto s = t.subscribe(what, views.back()->callbacks());
    REQUIRE(s);
    subscriptions.push_back(*s);
    std::this_thread::sleep_for(2ms);
  }
  end = true;
  busy.join();
  std::size_t all = 0;
  for (auto& [topic, n] : t.topics()) all += n;
  for (std::size_t i = 0; i < 12; ++i) {
    const auto want = i % 3 == 2 ? t.count("room:3") : all;
    CHECK(eventually([&] { return views[i]->size() == want; }));
    CHECK(views[i]->wrong() == 0);
    CHECK(views[i]->states() == (i % 3 == 2 ? 1 : 4));
  }
  REQUIRE(t.untrack(ada));
  for (auto& x : views) CHECK(eventually([&] { return x->size() == 0; }));
  CHECK(t.stats()->subscriptions == 4 * 4 + 4 * 4 + 4);
  for (auto& x : subscriptions) x.cancel();
  CHECK(eventually([&] { return t.stats()->subscriptions == 0; }));
}

TEST_CASE("a subscriber hears of the topics that it asked for, and of no others") {
  view one, prefix, all;
  test_system system;
  auto t = system.started({.name = "lobby", .pool_size = 2});
  auto ada = system.idle();
  REQUIRE(t.track(ada, "room:1", "a"));
  REQUIRE(t.track(ada, "hall", "a"));
  REQUIRE(t.subscribe(rollcall::on_topic("room:1"), one.callbacks()));
  REQUIRE(t.subscribe(rollcall::on_prefix("room:"), prefix.callbacks()));
  REQUIRE(t.subscribe(rollcall::on_all(), all.callbacks()));
  REQUIRE(t.track(ada, "room:2", "a"));
  REQUIRE(t.track(ada, "room", "a"));
  CHECK(eventually([&] { return all.topics() == "hall room room:1 room:2"; }));
  CHECK(eventually([&] { return prefix.topics() == "room:1 room:2"; }));
  CHECK(eventually([&] { return one.topics() == "room:1"; }));
  CHECK(code(t.subscribe(rollcall::on_topic(""), one.callbacks())) == errc::bad_topic);
}

TEST_CASE("a state that is made in pieces has its diffs behind it, or is made anew") {
  test_system system;
  rollcall::tracker_options options;
  options.limits.batch = 2;
  options.limits.subscriber_credit = 16; // so the changes outrun some states
  auto t = system.started(options);
  auto ada = system.idle();
  std::vector<std::string> names;
  for (int i = 0; i < 300; ++i) names.push_back("k" + std::to_string(i));
  REQUIRE(t.track_many(ada, "room", names));
  std::atomic<bool> end{false};
  std::thread busy{[&] {
    for (int i = 0; !end; ++i) {
      (void)t.update(ada, "room", "k" + std::to_string(i % 300), {{"n", i}});
      (void)t.track(ada, "room", "new" + std::to_string(i));
      (void)t.untrack(ada, "room", "new" + std::to_string(i - 5));
    }
  }};
  std::vector<std::unique_ptr<view>> views;
  for (int i = 0; i < 8; ++i) {
    views.push_back(std::make_unique<view>());
    REQUIRE(t.subscribe(i % 2 == 0 ? rollcall::on_all() : rollcall::on_topic("room"),
                        views.back()->callbacks()));
  }
  // One that goes while its state is being made.
  view gone;
  auto s = t.subscribe(rollcall::on_all(), gone.callbacks());
  REQUIRE(s);
  s->cancel();
  std::this_thread::sleep_for(20ms);
  end = true;
  busy.join();
  for (auto& x : views) {
    CHECK(eventually([&] { return x->size() == t.count("room"); }));
    CHECK(x->wrong() == 0);
  }
  REQUIRE(t.untrack(ada));
  for (auto& x : views) CHECK(eventually([&] { return x->size() == 0; }));
  for (auto& x : views) CHECK(x->wrong() == 0);
}

TEST_CASE("a slow subscriber gets the state again in place of what it missed") {
  view slow;
  std::atomic<bool> hold{true};
  std::atomic<std::size_t> diffs{0};
  test_system system;
  rollcall::tracker_options options;
  options.limits.subscriber_credit = 10;
  auto t = system.started(options);
  auto ada = system.idle();
  auto callbacks = slow.callbacks();
  const auto s =
      t.subscribe(rollcall::on_all(), {.state = callbacks.state,
                                       .diff = [&](std::uint32_t shard, const rollcall::diff& d) {
                                         ++diffs;
                                         while (hold) std::this_thread::sleep_for(1ms);
                                         callbacks.diff(shard, d);
                                       }});
  REQUIRE(s);
  for (int i = 0; i < 500; ++i) REQUIRE(t.track(ada, "room", std::to_string(i)));
  hold = false;
  CHECK(eventually([&] { return slow.size() == 500; }));
  CHECK(diffs <= 10);
  CHECK(slow.wrong() == 0);
  CHECK(slow.states() == 2);
  CHECK(t.stats()->resyncs == 1);
  REQUIRE(t.untrack(ada, "room", "7")); // and goes on with diffs
  CHECK(eventually([&] { return slow.size() == 499; }));
}

TEST_CASE("subscribers that end are dropped, and none is kept alive") {
  test_system system;
  auto t = system.started({.name = "lobby", .pool_size = 2});
  const auto subscribe = [&] {
    auto x = system.get().spawn([](caf::event_based_actor*) -> caf::behavior {
      return {[](const rollcall::state_msg&) {}, [](const rollcall::diff_msg&) {}};
    });
    REQUIRE(t.subscribe_actor(x, rollcall::on_all()));
    return x;
  };
  (void)subscribe(); // no handle is left
  auto second = subscribe();
  CHECK(eventually([&] { return t.stats()->subscriptions == 2; }));
  caf::anon_send_exit(second, caf::exit_reason::kill);
  CHECK(eventually([&] { return t.stats()->subscriptions == 0; }));
}

TEST_CASE("an actor subscribes itself by message, and unsubscribes") {
  using namespace rollcall;
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  caf::scoped_actor self{system.get()};
  const auto me = caf::actor_cast<caf::strong_actor_ptr>(self->address());
  std::uint64_t id = 0;
  compat::request(self, t.as_actor(), patience, subscribe_msg{me, selection::topic, "room", 0})
      .receive([&](subscribe_reply& x) { id = x.id; }, [&](caf::error& e) { FAIL(render(e)); });
  REQUIRE(t.track(ada, "room", "ada"));
  std::string heard;
  self->receive([&](const state_msg& x) {
    CHECK(x.id == id);
    heard += "state " + std::to_string(x.presences.size());
  });
  self->receive([&](const diff_msg& x) {
    CHECK(x.id == id);
    heard += " " + brief(*x.changes);
  });
  CHECK(heard == "state 0 +ada");
  CHECK(tell(system.get(), t.as_actor(), unsubscribe_msg{id}) == errc::none);
  CHECK(t.stats()->subscriptions == 0);
  CHECK(t.unsubscribe(id)); // of nothing: ok
}

TEST_CASE("subscriptions have a limit") {
  test_system system;
  rollcall::tracker_options options;
  options.limits.max_subscriptions = 2;
  auto t = system.started(options);
  auto ada = system.idle();
  REQUIRE(t.subscribe_actor(ada, rollcall::on_all()));
  REQUIRE(t.subscribe_actor(ada, rollcall::on_all()));
  CHECK(code(t.subscribe_actor(ada, rollcall::on_all())) == errc::limit_reached);
}

TEST_CASE("a callback may block and call the tracker") {
  std::atomic<int> answers{0};
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  REQUIRE(
      t.subscribe(rollcall::on_topic("room"), {.diff = [&](std::uint32_t, const rollcall::diff&) {
                    if (t.track(ada, "echo", "e")) ++answers;
                  }}));
  REQUIRE(t.track(ada, "room", "ada"));
  CHECK(eventually([&] { return answers == 1; }));
  CHECK(t.count("echo") == 1);
}
