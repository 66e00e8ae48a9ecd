// Tracks that wait in a shard's mailbox together are shown at once, and each is
// told of by itself.
#include "actors/shard_messages.hpp"
#include "test/actors/fixture.hpp"

#include <thread>

using namespace fixture;

namespace {

std::string key(int i) { return "k" + std::to_string(1000 + i); }

/// Sends what `f` sends while the shard is busy, so that all of it waits there.
template <class F>
void while_busy(const rollcall::tracker& t, F&& f) {
  rollcall::compat::anon_send(
      caf::actor_cast<rollcall::actors::inner_shard>(t.shard_for("room")),
      rollcall::actors::call_msg{[](void*) { std::this_thread::sleep_for(50ms); }});
  f();
}

} // namespace

TEST_CASE("tracks that wait together are each told of, in order, and answered when all see them") {
  constexpr int n = 100; // more than are held at once
  notes heard;
  test_system system;
  auto t =
      system.started({}, scripted_handler({.diff = [&](auto&, auto& d) { heard.add(brief(d)); }}));
  auto ada = system.idle();
  caf::scoped_actor self{system.get()};
  const auto ask = [&](int i) {
    return rollcall::compat::request(
        self, t.shard_for("room"), patience,
        rollcall::track_msg{ada.address(), "room", key(i), {{"n", i}}});
  };
  std::vector<decltype(ask(0))> answers;
  while_busy(t, [&] {
    for (int i = 0; i < n; ++i) answers.push_back(ask(i));
  });
  std::vector<rollcall::ref> refs;
  std::size_t seen_late = 0;
  for (int i = 0; i < n; ++i)
    std::move(answers[static_cast<std::size_t>(i)])
        .receive(
            [&](rollcall::track_reply& x) {
              refs.push_back(x.ref);
              seen_late += t.count("room") <= static_cast<std::size_t>(i);
            },
            [](caf::error&) {});
  REQUIRE(refs.size() == n);
  CHECK(std::is_sorted(refs.begin(), refs.end()));
  CHECK(seen_late == 0);
  CHECK(t.count("room") == n);
  for (int i = 0; i < n; ++i) {
    const auto one = t.get_by_key("room", key(i));
    REQUIRE(one.size() == 1);
    CHECK((*one.begin()).ref() == refs[static_cast<std::size_t>(i)]);
    CHECK((*one.begin()).meta()["n"].as_int() == i);
  }
  const auto all = heard.get();
  REQUIRE(all.size() == n); // a diff each
  for (int i = 0; i < n; ++i) CHECK(all[static_cast<std::size_t>(i)] == "+" + key(i));
}

TEST_CASE("what comes between tracks that wait together finds those before it, and no later one") {
  notes heard;
  test_system system;
  auto t =
      system.started({}, scripted_handler({.diff = [&](auto&, auto& d) { heard.add(brief(d)); }}));
  auto ada = system.idle(), bob = system.idle();
  caf::scoped_actor self{system.get()};
  const auto to = t.shard_for("room");
  const auto track = [&](const caf::actor& who, int i) {
    return rollcall::compat::request(self, to, patience,
                                     rollcall::track_msg{who.address(), "room", key(i), {}});
  };
  std::vector<decltype(track(ada, 0))> answers;
  std::optional<decltype(rollcall::compat::request(self, to, patience,
                                                   rollcall::count_msg{"room"}))>
      counted;
  std::optional<decltype(rollcall::compat::request(
      self, to, patience, rollcall::untrack_msg{ada.address(), "room", key(1)}))>
      untracked;
  while_busy(t, [&] {
    answers.push_back(track(ada, 0));
    answers.push_back(track(ada, 1));
    answers.push_back(track(ada, 1)); // is there
    untracked.emplace(rollcall::compat::request(
        self, to, patience, rollcall::untrack_msg{ada.address(), "room", key(1)}));
    answers.push_back(track(bob, 2));
    counted.emplace(rollcall::compat::request(self, to, patience, rollcall::count_msg{"room"}));
    answers.push_back(track(bob, 3));
  });
  std::string told;
  for (auto& x : answers)
    std::move(x).receive(
        [&](rollcall::track_reply&) { told += "ok "; },
        [&](caf::error& e) { told += code_of(e) == errc::already_tracked ? "there " : "wrong "; });
  CHECK(told == "ok ok there ok ok ");
  std::move(*untracked).receive([] {}, [](caf::error&) { CHECK(false); });
  std::move(*counted).receive([](rollcall::count_reply& x) { CHECK(x.count == 2); },
                              [](caf::error&) { CHECK(false); });
  CHECK(heard.get()
        == std::vector<std::string>{"+" + key(0), "+" + key(1), "-" + key(1), "+" + key(2),
                                    "+" + key(3)});
}

TEST_CASE("a subscriber that comes between tracks has each once") {
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  std::mutex mutex;
  std::set<std::string> held;
  int wrong = 0;
  auto listener = system.get().spawn([&](caf::event_based_actor*) -> caf::behavior {
    return {
        [&](const rollcall::state_msg& x) {
          const std::lock_guard guard{mutex};
          for (auto& p : x.presences) wrong += !held.insert(p.key).second;
        },
        [&](const rollcall::diff_msg& x) {
          const std::lock_guard guard{mutex};
          for (auto& topic : *x.changes)
            for (auto& p : topic.joins) wrong += !held.insert(p.key).second;
        },
    };
  });
  while_busy(t, [&] {
    const auto track = [&](int i) {
      rollcall::compat::anon_send(t.shard_for("room"),
                                  rollcall::track_msg{ada.address(), "room", key(i), {}});
    };
    for (int i = 0; i < 5; ++i) track(i);
    rollcall::compat::anon_send(
        t.shard_for("room"),
        rollcall::subscribe_msg{caf::actor_cast<caf::strong_actor_ptr>(listener),
                                rollcall::selection::topic, "room", 0});
    for (int i = 5; i < 10; ++i) track(i);
  });
  CHECK(eventually([&] {
    const std::lock_guard guard{mutex};
    return held.size() == 10;
  }));
  CHECK(wrong == 0);
  caf::anon_send_exit(listener, caf::exit_reason::kill);
  system.adopt(listener);
}

TEST_CASE("a shard that is killed answers each track that waits, and shows what it answered well") {
  GENERATE(range(0, 4)); // each time at another moment
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  caf::scoped_actor self{system.get()};
  const auto to = t.shard_for("room");
  const auto track = [&](int i) {
    return rollcall::compat::request(self, to, patience,
                                     rollcall::track_msg{ada.address(), "room", key(i), {}});
  };
  constexpr int n = 300;
  std::vector<decltype(track(0))> answers;
  for (int i = 0; i < n; ++i) answers.push_back(track(i));
  caf::anon_send_exit(to, caf::exit_reason::kill);
  std::vector<std::string> well;
  int told = 0;
  for (int i = 0; i < n; ++i)
    std::move(answers[static_cast<std::size_t>(i)])
        .receive(
            [&](rollcall::track_reply&) {
              ++told;
              well.push_back(key(i));
            },
            [&](caf::error&) { ++told; });
  CHECK(told == n);
  CHECK(eventually([&] { return t.stats() && t.stats()->restarts == 1; }));
  CHECK(std::all_of(well.begin(), well.end(),
                    [&](auto& k) { return t.get_by_key("room", k).size() == 1; }));
}

TEST_CASE("what an operation brought to its end is told of, though it is refused itself") {
  // An actor that is still being untracked is done with first. The leaves of that
  // were dropped with the answer, and the untrack was never answered.
  rollcall::tracker_options options;
  options.limits.batch = 2;
  options.limits.max_presences_per_topic = 20;
  notes heard;
  test_system system;
  auto t = system.started(options,
                          scripted_handler({.diff = [&](auto&, auto& d) { heard.add(brief(d)); }}));
  auto ada = system.idle(), bob = system.idle();
  for (int i = 0; i < 20; ++i)
    REQUIRE(t.track(i < 10 ? ada : bob, i < 10 ? "room" : "full", key(i)));
  for (int i = 20; i < 30; ++i) REQUIRE(t.track(bob, "full", key(i)));
  REQUIRE(t.count("full") == 20);
  const auto blocking = GENERATE(false, true);
  CAPTURE(blocking);
  caf::scoped_actor self{system.get()};
  const auto to = t.shard_for("full");
  using rollcall::compat::request;
  auto untracked = request(self, to, patience, rollcall::untrack_actor_msg{ada.address()});
  errc refused = errc::none;
  if (blocking) {
    refused = code(t.track(ada, "full", "one more"));
  } else {
    request(self, to, patience, rollcall::track_msg{ada.address(), "full", "one more", {}})
        .receive([](rollcall::track_reply&) {}, [&](caf::error& e) { refused = code_of(e); });
  }
  CHECK(refused == errc::limit_reached);
  auto answered = false;
  std::move(untracked).receive([&] { answered = true; }, [](caf::error&) {});
  CHECK(answered);
  CHECK(t.count("room") == 0);
  std::size_t left = 0;
  for (auto& line : heard.get())
    left += static_cast<std::size_t>(std::count(line.begin(), line.end(), '-'));
  CHECK(left == 10);
}
