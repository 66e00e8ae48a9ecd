// Messages for all in a topic, and handles of actors by number.
#include "test/actors/fabric.hpp"

#include <atomic>
#include <map>

using namespace fixture;

namespace {

/// Writes down the texts that it gets.
caf::actor reader(test_system& s, notes& to, std::string name) {
  auto x = s.get().spawn([&to, name](caf::event_based_actor*) -> caf::behavior {
    return {[&to, name](const std::string& text) { to.add(name + ":" + text); }};
  });
  s.adopt(x);
  return x;
}

caf::message text(std::string x) { return caf::make_message(std::move(x)); }

} // namespace

TEST_CASE("a dispatch reaches every actor of the topic once, on every node, in order") {
  fabric net;
  notes heard; // outlives the actors
  test_system sa, sb, sc;
  auto a = sa.started(patient(), {}, net.join(sa, "a"));
  auto b = sb.started(patient(), {}, net.join(sb, "b"));
  auto c = sc.started(patient(), {}, net.join(sc, "c"));
  const auto ada = reader(sa, heard, "ada"), bob = reader(sb, heard, "bob"),
             eve = reader(sb, heard, "eve"), far = reader(sc, heard, "far");
  REQUIRE(a.track(ada, "room", "ada"));
  REQUIRE(a.track(ada, "room", "ada again")); // two keys, one message
  REQUIRE(b.track(bob, "room", "bob"));
  REQUIRE(b.track(eve, "room", "eve"));
  REQUIRE(b.track_lease("room", "lease", {}, 1min)); // nobody who could read
  REQUIRE(c.track(far, "elsewhere", "far"));
  REQUIRE(c.track_lease("room", "lease", {}, 1min));
  CHECK(eventually([&] { return a.count("room") == 6; }));
  for (int i = 0; i < 50; ++i) {
    const auto sent = a.dispatch("room", text(std::to_string(i)));
    REQUIRE(sent);
    CHECK(sent->nodes == 2);
    CHECK(sent->actors == 3);
  }
  CHECK(eventually([&] { return heard.get().size() == 150; }));
  for (const auto& name : {"ada", "bob", "eve"}) {
    std::vector<std::string> mine, expected;
    for (const auto& line : heard.get())
      if (line.rfind(name, 0) == 0) mine.push_back(line);
    for (int i = 0; i < 50; ++i) expected.push_back(name + (":" + std::to_string(i)));
    CHECK(mine == expected);
  }
  // One message for a node that has somebody there, however many; none for others.
  CHECK(net.dispatches("b") == 50);
  CHECK(net.dispatches("c") == 0);
}

TEST_CASE("a dispatch that cannot go to a node does not count it") {
  notes heard;
  two_nodes net;
  auto &a = net.a, &b = net.b;
  REQUIRE(a.track(reader(net.sa, heard, "ada"), "room", "ada"));
  REQUIRE(b.track(reader(net.sb, heard, "bob"), "room", "bob"));
  CHECK(eventually([&] { return a.count("room") == 2; }));
  net.cut();
  const auto sent = a.dispatch("room", text("x"));
  REQUIRE(sent);
  CHECK(sent->nodes == 1);
  CHECK(sent->actors == 1);
}

TEST_CASE("what cannot travel is refused, and dispatch_local takes it") {
  test_system s;
  auto options = patient();
  options.limits.max_dispatch_bytes = 1000;
  auto t = s.started(options);
  std::atomic<int> got{0};
  auto x = s.get().spawn([&got](caf::event_based_actor*) -> caf::behavior {
    return {[&got](const rollcall::state_msg&) { ++got; }};
  });
  s.adopt(x);
  REQUIRE(t.track(x, "room", "x"));
  const auto message = caf::make_message(rollcall::state_msg{}); // for this process only
  CHECK(code(t.dispatch("room", message)) == errc::cannot_travel);
  CHECK(code(t.dispatch("room", text(std::string(2000, 'x')))) == errc::too_large);
  CHECK(code(t.dispatch("", text("x"))) == errc::bad_topic);
  const auto local = t.dispatch_local("room", message);
  REQUIRE(local);
  CHECK(local->nodes == 1);
  CHECK(local->actors == 1);
  CHECK(eventually([&] { return got == 1; }));
  const auto nobody = t.dispatch("nobody there", text("x"));
  REQUIRE(nobody);
  CHECK(nobody->nodes == 0);
  CHECK(nobody->actors == 0);
}

TEST_CASE("a dispatch by message does what the call does") {
  notes heard;
  test_system s;
  auto t = s.started(patient());
  REQUIRE(t.track(reader(s, heard, "ada"), "room", "ada"));
  const auto sent = ask<rollcall::dispatch_reply>(s.get(), t.as_actor(),
                                                  rollcall::dispatch_msg{"room", text("x"), false});
  REQUIRE(sent);
  CHECK(sent->actors == 1);
  CHECK(eventually([&] { return heard.count("ada:x") == 1; }));
}

TEST_CASE("many actors are resolved by message, each by its own node and life only") {
  two_nodes net;
  auto &a = net.a, &b = net.b;
  const auto ada = net.sa.idle(), eve = net.sa.idle(), bob = net.sb.idle();
  REQUIRE(a.track(ada, "room", "ada"));
  REQUIRE(a.track(eve, "room", "eve"));
  REQUIRE(b.track(bob, "room", "bob"));
  REQUIRE(a.track_lease("room", "lease", {}, 1min));
  CHECK(eventually([&] { return a.count("room") == 4; }));
  std::map<std::string, rollcall::pid> who;
  for (const auto p : a.list("room")) who[std::string{p.key()}] = p.who();
  // The number of an actor of ours, said of b: it is nobody's here.
  auto mistaken = who["bob"];
  mistaken.actor = ada.id();
  auto old_life = who["ada"];
  --old_life.replica.inc.start_us;
  const auto reply = ask<rollcall::resolve_reply>(
      net.sa.get(), a.as_actor(),
      rollcall::resolve_msg{{who["eve"], mistaken, old_life, who["lease"], who["ada"]}});
  REQUIRE(reply);
  REQUIRE(reply->actors.size() == 5);
  const auto handle = [](const caf::actor& x) { return caf::actor_cast<caf::strong_actor_ptr>(x); };
  CHECK(reply->actors[0].handle == handle(eve));
  CHECK(reply->actors[1].code == errc::unreachable);
  CHECK(reply->actors[2].code == errc::nopresence);
  CHECK(reply->actors[3].code == errc::nopresence);
  CHECK(reply->actors[4].handle == handle(ada));
  CHECK(code(ask<rollcall::resolve_reply>(
            net.sa.get(), a.as_actor(),
            rollcall::resolve_msg{std::vector<rollcall::pid>(5000, who["ada"])}))
        == errc::limit_reached);
}

TEST_CASE("dispatches to an actor that is slow wait for it, in order, and hold up no other") {
  notes heard;
  std::atomic<bool> go{false};
  test_system s;
  auto t = s.started(patient());
  auto slow = s.get().spawn<caf::detached>([&](caf::event_based_actor*) -> caf::behavior {
    return {[&](const std::string& text) {
      while (!go) std::this_thread::sleep_for(1ms);
      heard.add("slow:" + text);
    }};
  });
  s.adopt(slow);
  const auto quick = reader(s, heard, "quick");
  REQUIRE(t.track(slow, "room", "slow"));
  REQUIRE(t.track(quick, "room", "quick"));
  constexpr int many = 10'000;
  for (int i = 0; i < many; ++i) {
    const auto sent = t.dispatch("room", text(std::to_string(i)));
    if (!sent || sent->actors != 2) FAIL("dispatch " << i << " did not go to both");
  }
  CHECK(eventually([&] { return heard.get().size() == many; }));
  CHECK(t.count("room") == 2); // the shard serves meanwhile
  go = true;
  CHECK(eventually([&] { return heard.get().size() == 2 * many; }));
  std::map<std::string, int> next;
  bool in_order = true;
  for (const auto& line : heard.get()) {
    const auto at = line.find(':');
    in_order = in_order && line.substr(at + 1) == std::to_string(next[line.substr(0, at)]++);
  }
  CHECK(in_order);
}
