// Several nodes in one process, with frames passed by hand.
#include "actors/shard_messages.hpp"
#include "test/actors/fabric.hpp"

#include <atomic>

using namespace fixture;

TEST_CASE("what is tracked on one node is seen, updated and gone on the others") {
  const auto size = GENERATE(as<std::size_t>{}, 1, 4);
  fabric net;
  notes heard;
  test_system sa, sb, sc;
  auto a = sa.started(patient(size), {}, net.join(sa, "a"));
  auto b = sb.started(patient(size), {}, net.join(sb, "b"));
  auto c = sc.started(patient(size),
                      scripted_handler({.diff = [&](auto&, auto& d) { heard.add(brief(d)); }}),
                      net.join(sc, "c"));
  auto ada = sa.idle();
  const auto first = a.track(ada, "room", "ada", {{"n", 1}});
  REQUIRE(first);
  CHECK(eventually([&] { return b.count("room") == 1 && c.count("room") == 1; }));
  const auto seen = (*b.list("room").begin()).to_presence();
  CHECK(seen.ref == *first);
  CHECK(seen.who.replica.name == "a");
  CHECK(seen.who.actor == ada.id());
  CHECK(seen.meta == meta{{"n", 1}});
  // It is the owner's alone.
  CHECK(code(b.untrack(seen.who, "room", "ada")) == errc::not_local);
  const auto second = a.update(ada, "room", "ada", {{"n", 2}});
  REQUIRE(second);
  CHECK(eventually([&] {
    const auto now = c.list("room");
    return now.size() == 1 && (*now.begin()).ref() == second->ref
           && (*now.begin()).prev_ref() == *first;
  }));
  sa.kill(ada);
  CHECK(eventually([&] { return b.count("room") == 0 && c.count("room") == 0; }));
  CHECK(eventually([&] {
    return heard.get() == std::vector<std::string>{"+ada", "-ada +ada", "-ada"};
  }));
}

TEST_CASE("the same topic and key on two nodes are two presences, in one order everywhere") {
  two_nodes net;
  auto &a = net.a, &b = net.b;
  REQUIRE(a.track(net.sa.idle(), "room", "x"));
  REQUIRE(b.track(net.sb.idle(), "room", "x"));
  CHECK(eventually([&] { return a.count("room") == 2 && b.count("room") == 2; }));
  const auto on_a = a.list("room").to_vector();
  const auto on_b = b.list("room").to_vector();
  CHECK(on_a == on_b);
  CHECK(on_a[0].ref < on_a[1].ref);
}

TEST_CASE("permdown and an orderly stop with bye drop the presences at once") {
  const bool permdown = GENERATE(true, false);
  notes events;
  auto options = patient();
  options.permdown_on_shutdown = !permdown;
  two_nodes net{options};
  auto &a = net.a, &b = net.b;
  REQUIRE(b.observe([&](const rollcall::tracker_event& e) {
    events.add(rollcall::to_string(e.kind) + " " + e.replica.name);
  }));
  auto ada = net.sa.idle();
  REQUIRE(a.track(ada, "room", "ada"));
  CHECK(eventually([&] { return b.count("room") == 1; }));
  CHECK(b.replicas()->size() == 2);
  REQUIRE(code(permdown ? a.graceful_permdown() : a.stop()) == errc::none);
  CHECK(eventually([&] { return b.count("room") == 0 && b.dirty_list("room").empty(); }));
  CHECK(eventually([&] { return events.count("replica_permdown a") == 1; }));
  CHECK(b.replicas()->size() == 1);
}

TEST_CASE("a silent node is down: hidden, shown by dirty_list, and back when it is heard") {
  notes events;
  two_nodes net{quick()};
  auto &a = net.a, &b = net.b;
  REQUIRE(b.observe(
      [&](const rollcall::tracker_event& e) { events.add(rollcall::to_string(e.kind)); }));
  REQUIRE(a.track(net.sa.idle(), "room", "ada"));
  CHECK(eventually([&] { return b.count("room") == 1; }));
  net.cut();
  CHECK(eventually([&] { return b.count("room") == 0; }));
  CHECK(b.dirty_list("room").size() == 1);
  CHECK(eventually([&] { return events.count("replica_down") == 1; }));
  net.cut(false);
  CHECK(eventually([&] { return b.count("room") == 1; }));
}

TEST_CASE("a shard that died is one diff for its peers, and gets back what they have") {
  notes heard;
  two_nodes net;
  auto &a = net.a, &b = net.b;
  auto ada = net.sa.idle();
  std::vector<std::string> keys;
  for (int i = 0; i < 100; ++i) keys.push_back("k" + std::to_string(i));
  REQUIRE(a.track_many(ada, "room", keys, {{"n", 1}}));
  REQUIRE(b.track(net.sb.idle(), "room", "bob"));
  CHECK(eventually([&] { return a.count("room") == 101 && b.count("room") == 101; }));
  const auto life = a.replicas()->front().id;
  rollcall::compat::anon_send(
      caf::actor_cast<rollcall::actors::inner_shard>(a.shard(0)),
      rollcall::actors::call_msg{[](void*) { throw std::runtime_error("crash"); }});
  CHECK(eventually([&] {
    const auto now = a.replicas();
    return now && now->front().id.inc > life.inc && a.count("room") == 101;
  }));
  CHECK(eventually([&] {
    const auto all = b.list("room").to_vector();
    return all.size() == 101
           && std::all_of(all.begin(), all.end(), [&](const rollcall::presence& x) {
                return x.who.replica.name == "b" || x.who.replica.inc > life.inc;
              });
  }));
  CHECK(a.list("room").to_vector() == b.list("room").to_vector());
}

TEST_CASE("who begins to observe late hears of the replicas that are up already, once each") {
  fabric net;
  notes events; // outlives whoever tells of them
  test_system sa, sb, sc;
  auto a = sa.started(patient(), {}, net.join(sa, "a"));
  auto b = sb.started(patient(), {}, net.join(sb, "b"));
  auto c = sc.started(patient(), {}, net.join(sc, "c"));
  const auto all = [](const rollcall::tracker& t) {
    const auto x = t.replicas();
    return x && x->size() == 3;
  };
  CHECK(eventually([&] { return all(a) && all(b) && all(c); }));
  net.cut("a", "c");
  rollcall::compat::anon_send(
      caf::actor_cast<rollcall::actors::inner_shard>(c.shard(0)),
      rollcall::actors::call_msg{[](void*) { throw std::runtime_error("crash"); }});
  REQUIRE(a.observe([&](const rollcall::tracker_event& e) {
    events.add(rollcall::to_string(e.kind) + " " + e.replica.name);
  }));
  CHECK(eventually([&] { return events.count("replica_up b") == 1; }));
  CHECK(events.count("replica_up b") == 1);
  net.cut("a", "c", false);
  CHECK(eventually([&] { return events.count("replica_up c") >= 1; })); // the life before, or this
  // A question that the crash comes upon has no answer: it is asked again.
  CHECK(eventually([&] { return all(a) && all(c); }));
  CHECK(events.count("replica_up b") == 1);
}

TEST_CASE("a successor starts when the shard before it has cleaned up, and not when CAF tells of "
          "its end") {
  // CAF 1.x tells first, so the two ran side by side: a restart that was not
  // counted, and a new shard that the old one's farewell detached from the network.
  constexpr std::size_t shards = 48;
  const auto options = patient(shards);
  two_nodes net{options};
  auto &a = net.a, &b = net.b;
  auto ada = net.sa.idle();
  const auto topics = [](const rollcall::tracker& t) { return t.topics().size(); };
  for (int i = 0; i < 300; ++i) REQUIRE(a.track(ada, "room" + std::to_string(i), "ada"));
  CHECK(eventually([&] { return topics(b) == 300; }));
  for (std::uint64_t round = 1; round <= 2; ++round) {
    for (std::size_t i = 0; i < shards; ++i)
      rollcall::compat::anon_send(
          caf::actor_cast<rollcall::actors::inner_shard>(a.shard(i)),
          rollcall::actors::call_msg{[](void*) { throw std::runtime_error("crash"); }});
    CHECK(eventually([&] { return a.stats() && a.stats()->restarts == round * shards; }));
    const auto lives = a.replicas().value();
    // Each of them is heard by the other node.
    CHECK(eventually([&] {
      const auto seen = b.replicas().value();
      return std::all_of(lives.begin(), lives.end(), [&](const rollcall::replica_state& x) {
        return x.id.name != "a" || std::any_of(seen.begin(), seen.end(), [&](const auto& y) {
                 return y.id == x.id;
               });
      });
    }));
    CHECK(eventually([&] { return topics(b) == 300; }));
    std::this_thread::sleep_for(1100ms); // so many restarts in one second are allowed, and no more
  }
}

TEST_CASE("ten thousand presences arrive whole") {
  two_nodes net;
  auto &a = net.a, &b = net.b;
  auto ada = net.sa.idle();
  std::vector<std::string> keys;
  for (int i = 0; i < 10'000; ++i) keys.push_back("k" + std::to_string(i));
  REQUIRE(a.track_many(ada, "room", keys, {{"status", "here"}}));
  CHECK(eventually([&] { return b.count("room") == 10'000; }));
  CHECK(a.list("room").to_vector() == b.list("room").to_vector());
  REQUIRE(a.untrack(ada));
  CHECK(eventually([&] { return b.count("room") == 0; }));
  const auto stats = b.stats();
  CHECK(stats->joins >= 10'000);
  CHECK(stats->leaves >= 10'000);
}
