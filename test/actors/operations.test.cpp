#include "test/actors/fixture.hpp"

#include <limits>

using namespace fixture;

TEST_CASE("track, update and untrack go through list, get_by_key and count") {
  test_system system;
  auto t = system.started({.name = "lobby"});
  auto ada = system.idle();
  auto bob = system.idle();

  const auto first = t.track(ada, "room", "ada", {{"status", "here"}});
  REQUIRE(first);
  REQUIRE(t.track(bob, "room", "bob"));
  CHECK(keys(t.list("room")) == "ada bob");
  CHECK(t.count("room") == 2);
  CHECK(t.topics() == std::map<std::string, std::size_t>{{"room", 2}});

  const auto x = *t.list("room").begin();
  CHECK(x.ref() == *first);
  CHECK(!x.prev_ref());
  CHECK(x.actor() == ada.id());
  CHECK(x.replica().name == "local");
  CHECK(x.meta()["status"].as_string() == "here");

  const auto second = t.update(ada, "room", "ada", {{"status", "away"}});
  REQUIRE(second);
  CHECK(second->prev_ref == *first);
  CHECK(second->ref > *first);
  const auto now = t.get_by_key("room", "ada");
  REQUIRE(now.size() == 1);
  CHECK((*now.begin()).ref() == second->ref);
  CHECK((*now.begin()).prev_ref() == *first);
  CHECK((*now.begin()).meta()["status"].as_string() == "away");

  REQUIRE(t.untrack(bob, "room", "bob"));
  CHECK(keys(t.list("room")) == "ada");
  CHECK(t.untrack(bob, "room", "bob")); // of nothing: ok
  REQUIRE(t.untrack(ada));
  CHECK(t.count("room") == 0);
  CHECK(t.topics().empty());
  CHECK(t.list("nowhere").empty());
}

TEST_CASE("one actor under many keys and in many topics") {
  test_system system;
  auto t = system.started({.name = "lobby", .pool_size = 4});
  auto ada = system.idle();
  auto bob = system.idle();
  for (int i = 0; i < 50; ++i) {
    REQUIRE(t.track(ada, "room" + std::to_string(i), "k"));
    REQUIRE(t.track(ada, "room" + std::to_string(i), "l"));
    REQUIRE(t.track(bob, "room" + std::to_string(i), "k"));
  }
  CHECK(code(t.track(ada, "room1", "k")) == errc::already_tracked);
  CHECK(t.get_by_key("room1", "k").size() == 2);
  REQUIRE(t.untrack(ada));
  CHECK(t.topics().size() == 50);
  for (int i = 0; i < 50; ++i) CHECK(keys(t.list("room" + std::to_string(i))) == "k");
}

TEST_CASE("what cannot be done is an error with a code, and changes nothing") {
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  const meta nan{{"x", std::numeric_limits<double>::quiet_NaN()}};
  const std::string long_name(1025, 'x');

  CHECK(code(t.update(ada, "room", "ada", meta{})) == errc::nopresence);
  CHECK(code(t.track(ada, "", "ada")) == errc::bad_topic);
  CHECK(code(t.track(ada, long_name, "ada")) == errc::bad_topic);
  CHECK(code(t.track(ada, "room", "")) == errc::bad_key);
  CHECK(code(t.track(ada, "room", long_name)) == errc::bad_key);
  CHECK(code(t.track(ada, "room", "ada", nan)) == errc::bad_meta);
  CHECK(code(t.track(ada, "room", "ada", {{"x", std::string(1 << 20, 'x')}})) == errc::too_large);
  CHECK(code(t.track(caf::actor{}, "room", "ada")) == errc::null_actor);
  CHECK(t.count("room") == 0);

  CHECK(t.track(ada, std::string(1024, 't'), std::string(1024, 'k')));
  REQUIRE(t.track(ada, "room", "ada", {{"n", 1}}));
  CHECK(code(t.update(ada, "room", "ada", nan)) == errc::bad_meta);
  CHECK((*t.list("room").begin()).meta()["n"].as_int() == 1);
  const auto e = t.track(ada, "room", "ada").error();
  CHECK(rollcall::render(e).find("already_tracked: ") == 0);
}

TEST_CASE("a limit that is reached is named, and what is there stays") {
  test_system system;
  rollcall::tracker_options options;
  options.limits.max_presences_per_actor = 3;
  auto t = system.started(options);
  auto ada = system.idle();
  const auto many = t.track_many(ada, "room", {"a", "b", "c", "d", "e"});
  CHECK(code(many) == errc::limit_reached);
  CHECK(keys(t.list("room")) == "a b c");
  REQUIRE(t.untrack(ada, "room", "b"));
  CHECK(t.track(ada, "room", "f"));
}

TEST_CASE("an actor of another actor system is refused as such") {
  test_system system, other;
  auto t = system.started();
  auto stranger = other.idle();
  CHECK(code(t.track(stranger, "room", "ada")) == errc::other_system);
  CHECK(code(t.untrack(stranger)) == errc::other_system);
  CHECK(t.count("room") == 0);
}

TEST_CASE("presences of other nodes and of other lives cannot be changed by number") {
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  REQUIRE(t.track(ada, "room", "ada"));
  auto who = (*t.list("room").begin()).who();
  CHECK(t.update(who, "room", "ada", {{"n", 2}}));
  auto older = who;
  --older.replica.inc.start_us;
  CHECK(code(t.update(older, "room", "ada", {})) == errc::not_owner);
  CHECK(code(t.untrack(older, "room", "ada")) == errc::not_owner);
  auto foreign = who;
  foreign.replica.name = "elsewhere";
  CHECK(code(t.update(foreign, "room", "ada", {})) == errc::not_local);
  CHECK(code(t.untrack(foreign, "room", "ada")) == errc::not_local);
  CHECK(t.count("room") == 1);
  CHECK(t.resolve(who).value() == caf::actor_cast<caf::strong_actor_ptr>(ada));
  CHECK(t.untrack(who, "room", "ada"));
  CHECK(t.count("room") == 0);
  CHECK(code(t.resolve(who)) == errc::nopresence);
}

TEST_CASE("an update by function sees the old meta, and changes nothing if it throws") {
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  REQUIRE(t.track(ada, "room", "ada", {{"n", 1}}));
  const auto more = [](rollcall::meta_view old) {
    return meta{{"n", old["n"].as_int().value_or(0) + 1}};
  };
  REQUIRE(t.update(ada, "room", "ada", more));
  const auto x = t.list("room");
  CHECK((*x.begin()).meta()["n"].as_int() == 2);
  const auto thrown = t.update(ada, "room", "ada",
                               [](rollcall::meta_view) -> meta { throw std::runtime_error("no"); });
  CHECK(code(thrown) == errc::updater_failed);
  CHECK(rollcall::text_of(thrown.error()) == "no");
  CHECK((*t.list("room").begin()).ref() == (*x.begin()).ref());
  CHECK(code(t.update(ada, "room", "bob", more)) == errc::nopresence);
  CHECK(code(t.update(ada, "room", "ada",
                      [&](rollcall::meta_view old) {
                        CHECK(code(t.untrack(ada)) == errc::would_deadlock);
                        return more(old);
                      }))
        == errc::none);
}

TEST_CASE("an equal meta is an update all the same") {
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  const auto first = t.track(ada, "room", "ada", {{"n", 1}});
  const auto second = t.update(ada, "room", "ada", {{"n", 1}});
  REQUIRE(second);
  CHECK(second->ref != *first);
}

TEST_CASE("when a tracked actor ends its presences leave, and it is not kept alive") {
  test_system system;
  auto t = system.started({.name = "lobby", .pool_size = 4});
  auto ada = system.idle();
  for (int i = 0; i < 20; ++i) REQUIRE(t.track(ada, "room" + std::to_string(i), "ada"));
  CHECK(t.stats()->monitored > 0);
  system.kill(ada);
  CHECK(eventually([&] { return t.topics().empty(); }));
  CHECK(t.stats()->monitored == 0);
  auto destroyed = std::make_shared<int>(1);
  std::weak_ptr<int> watch = destroyed;
  {
    auto x = system.get().spawn([destroyed](caf::event_based_actor*) -> caf::behavior {
      return {[destroyed](std::int32_t i) { return i; }};
    });
    destroyed.reset();
    REQUIRE(t.track(x, "room", "x"));
    CHECK(t.count("room") == 1);
  }
  // No handle is left: CAF collects it, and so it leaves.
  CHECK(eventually([&] { return t.count("room") == 0 && watch.expired(); }));
}

TEST_CASE("an actor that has ended gets a ref, and leaves at once") {
  notes heard;
  test_system system;
  auto t =
      system.started({}, scripted_handler({.diff = [&](auto&, auto& d) { heard.add(brief(d)); }}));
  caf::actor_addr gone;
  {
    auto x = system.get().spawn([](caf::event_based_actor*) -> caf::behavior {
      return {[](std::int32_t i) { return i; }};
    });
    gone = x.address();
    REQUIRE(t.track(x, "elsewhere", "x"));
    caf::anon_send_exit(x, caf::exit_reason::kill);
    CHECK(eventually([&] { return t.count("elsewhere") == 0; }));
    CHECK(t.track(x, "room", "ended")); // a handle is left
  }
  CHECK(eventually([&] { return heard.count("-ended") == 1; }));
  CHECK(eventually([&] { return !caf::actor_cast<caf::strong_actor_ptr>(gone); }));
  CHECK(t.track(gone, "room", "collected")); // none is left
  CHECK(eventually([&] { return heard.count("-collected") == 1; }));
  CHECK(heard.count("+collected") == 1);
  CHECK(t.count("room") == 0);
}

TEST_CASE("after the last untrack the actor is watched no more") {
  test_system system;
  auto t = system.started();
  auto ada = system.idle();
  REQUIRE(t.track(ada, "room", "a"));
  REQUIRE(t.track(ada, "room", "b"));
  CHECK(t.stats()->monitored == 1);
  REQUIRE(t.untrack(ada, "room", "a"));
  CHECK(t.stats()->monitored == 1);
  REQUIRE(t.untrack(ada, "room", "b"));
  CHECK(t.stats()->monitored == 0);
  REQUIRE(t.track(ada, "room", "a"));
  system.kill(ada);
  CHECK(eventually([&] { return t.count("room") == 0; }));
}

TEST_CASE("an untrack of more presences than one batch answers when all are gone") {
  test_system system;
  rollcall::tracker_options options;
  options.limits.batch = 16;
  auto t = system.started(options);
  auto ada = system.idle();
  std::vector<std::string> many;
  for (int i = 0; i < 1000; ++i) many.push_back("k" + std::to_string(i));
  REQUIRE(t.track_many(ada, "room", many, {{"n", 1}}).value() == 1000);
  CHECK(t.count("room") == 1000);
  REQUIRE(t.untrack(ada));
  CHECK(t.count("room") == 0);
}

TEST_CASE("the same operations as messages") {
  using namespace rollcall;
  test_system system;
  auto t = system.started({.name = "lobby", .pool_size = 8});
  auto ada = system.idle();
  auto& s = system.get();
  const auto who = ada.address();
  for (const bool whole : {false, true}) {
    const auto to = whole ? t.as_actor() : t.shard_for("room");
    CHECK(ask<track_reply>(s, to, track_msg{who, "room", "ada", {{"n", 1}}})->ref.clock > 0);
    CHECK(code(ask<track_reply>(s, to, track_msg{who, "room", "ada", {}}))
          == errc::already_tracked);
    const auto updated = ask<update_reply>(s, to, update_msg{who, "room", "ada", {{"n", 2}}});
    REQUIRE(updated);
    CHECK(updated->ref > updated->prev_ref);
    const updater to_three = [](meta_view) { return meta{{"n", 3}}; };
    CHECK(ask<update_reply>(s, to, update_with_msg{who, "room", "ada", to_three}));
    const auto all = ask<presences_reply>(s, to, list_msg{"room"});
    REQUIRE(all->presences.size() == 1);
    CHECK(all->presences[0].meta == meta{{"n", 3}});
    CHECK(ask<presences_reply>(s, to, get_by_key_msg{"room", "ada"})->presences.size() == 1);
    CHECK(ask<presences_reply>(s, to, dirty_list_msg{"room"})->presences.size() == 1);
    CHECK(ask<count_reply>(s, to, count_msg{"room"})->count == 1);
    CHECK(ask<topics_reply>(s, to, topics_msg{})->topics.size() == 1);
    CHECK(ask<replicas_reply>(s, to, replicas_msg{})->replicas.size() == (whole ? 8 : 1));
    CHECK(ask<stats_reply>(s, to, stats_msg{})->stats.presences == 1);
    const auto found = ask<resolve_reply>(s, to, resolve_msg{{all->presences[0].who}});
    REQUIRE(found);
    REQUIRE(found->actors.size() == 1);
    CHECK(found->actors[0].handle == caf::actor_cast<caf::strong_actor_ptr>(ada));
    CHECK(tell(s, to, untrack_msg{who, "room", "ada"}) == errc::none);
    CHECK(t.count("room") == 0);
    CHECK(ask<track_many_reply>(s, to, track_many_msg{who, "room", {"a", "b"}, {}})->count == 2);
    CHECK(tell(s, to, untrack_actor_msg{who}) == errc::none);
    CHECK(t.count("room") == 0);
  }
}
