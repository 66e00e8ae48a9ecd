// The scenarios of upstream's shard replication on three real nodes, linked by
// the middleman on loopback. ../upstream runs the same simulated.
#include "test/upstream_actors/nodes.hpp"

using namespace upstream;
using rollcall::meta_view;

TEST_CASE("replication: heartbeats") {
  three x;
  for (auto* n : {&x.a, &x.b, &x.c}) CHECK(n->hears_heartbeats(6)); // three of each other one
}

TEST_CASE("replication: gossip from an unseen node brings it up and is pulled") {
  node a{"a", steady()};
  CHECK(a.list().empty());
  REQUIRE(a.cluster().block("b", rollcall::block_direction::in));
  node b{"b", steady(), {a.address()}};
  b.track("node1");
  REQUIRE(a.linked("b"));
  REQUIRE(b.holds("a", true)); // b hears a; a does not hear b
  CHECK_FALSE(a.held("b"));
  CHECK(a.list().empty());
  const auto greeted = b.in(heartbeat);
  REQUIRE(a.cluster().unblock("b"));
  CHECK(a.lists({"node1"}));
  CHECK(eventually([&] { return a.heard().events.count("replica_up b") == 1; }));
  CHECK(a.pulls() >= 1);
  CHECK(b.in(pull) >= 1);
  CHECK(b.out(state) >= 1);
  CHECK(eventually([&] { return b.in(heartbeat) > greeted; }));
}

TEST_CASE("replication: requests collapse to the dominant peer") {
  three x;
  for (const char* other : {"b", "c"})
    REQUIRE(x.a.cluster().block(other, rollcall::block_direction::in));
  x.b.track("node1");
  x.b.track("node1.2");
  x.c.track("node2");
  REQUIRE(x.b.lists({"node1", "node1.2", "node2"}));
  REQUIRE(x.c.lists({"node1", "node1.2", "node2"}));
  CHECK(x.a.list().empty());
  // Each owner answers for itself: unlike upstream, a relay is not believed over an
  // owner that answers. One pull is enough for each.
  REQUIRE(x.a.cluster().unblock("b"));
  CHECK(eventually([&] { return x.a.list().size() >= 2; }));
  CHECK(x.b.in(pull) >= 1);
  REQUIRE(x.a.cluster().unblock("c"));
  CHECK(x.a.lists({"node1", "node1.2", "node2"}));
  const auto pulls = x.a.pulls();
  CHECK(x.a.hears_heartbeats(8));
  CHECK(x.a.pulls() == pulls); // nothing was left to ask for
}

TEST_CASE("replication: old presences are gone when their node comes back") {
  node a{"a", hasty()};
  auto b = std::make_unique<node>("b", hasty(), names{a.address()});
  node c{"c", hasty(), {a.address()}};
  a.track("a");
  b->track("b-old");
  c.track("c");
  const names all{"a", "b-old", "c"};
  for (auto* x : {&a, b.get(), &c}) REQUIRE(x->lists(all));
  const auto life = a.held("b")->id;
  b->crash();
  CHECK(a.forgets("b"));
  CHECK(eventually([&] { return a.heard().events.count("replica_permdown b") >= 1; }));
  b = std::make_unique<node>("b", hasty(), names{a.address()});
  b->track("b-new");
  for (auto* x : {&a, b.get(), &c}) {
    CHECK(x->lists({"a", "b-new", "c"}));
    CHECK(eventually([&] { return x->dirty_list() == names{"a", "b-new", "c"}; }));
    if (x != b.get()) CHECK(x->holds_after("b", life));
  }
}

TEST_CASE("replication: temporary downs, a new life, and a permanent down") {
  node a{"a", hasty()};
  auto b = std::make_unique<node>("b", hasty(), names{a.address()});
  node c{"c", hasty(), {a.address()}};
  b->track("b");
  c.track("c");
  REQUIRE(a.lists({"b", "c"}));
  const auto life = a.held("b")->id;

  // A netsplit, and its end. Not as long as a permdown.
  REQUIRE(a.cluster().block("b"));
  CHECK(eventually([&] { return a.heard().events.count("replica_down b") >= 1; }));
  REQUIRE(a.cluster().unblock("b"));
  CHECK(a.lists({"b", "c"}));
  CHECK(a.holds("b", life));

  // The shard stands still, and goes on.
  const auto before = a.heard().events.count("replica_down b");
  b->suspend();
  CHECK(eventually([&] { return a.heard().events.count("replica_down b") > before; }));
  b->resume();
  CHECK(a.lists({"b", "c"}));
  CHECK(a.holds("b", life));

  // A crash, and a new life.
  b->crash();
  CHECK(a.lists({"c"}));
  b = std::make_unique<node>("b", hasty(), names{a.address()});
  b->track("b-back");
  CHECK(a.lists({"b-back", "c"}));
  CHECK(a.holds_after("b", life));

  // Down again, and for good.
  b->crash();
  CHECK(a.lists({"c"}));
  CHECK(a.forgets("b"));
  CHECK(a.dirty_list() == names{"c"});
  CHECK(a.holds("c", true));
}

TEST_CASE("replication: joins and leaves are seen at home and abroad") {
  node a{"a", steady()};
  CHECK(a.list().empty());
  REQUIRE(a.tracker().track(a.idle(), "t", "me", {{"name", "me"}}));
  CHECK(a.heard().diffs.get() == names{"+me"});
  auto second = a.idle();
  REQUIRE(a.tracker().track(second, "t", "me2", {{"name", "me2"}}));
  CHECK(a.list() == names{"me", "me2"});
  CHECK(a.tracker().replicas()->size() == 1);

  node b{"b", steady(), {a.address()}};
  auto remote = b.idle();
  REQUIRE(b.tracker().track(remote, "t", "node1", {{"name", "s1"}}));
  CHECK(a.lists({"me", "me2", "node1"}));
  CHECK(b.lists({"me", "me2", "node1"}));
  CHECK((*a.tracker().get_by_key("t", "node1").begin()).meta()["name"].as_string() == "s1");
  CHECK(a.holds("b", true));

  a.kill(second);
  CHECK(a.lists({"me", "node1"}));
  CHECK(b.lists({"me", "node1"}));
  b.kill(remote);
  CHECK(a.lists({"me"}));
  CHECK(eventually([&] {
    return a.heard().diffs.get() == names{"+me", "+me2", "+node1", "-me2", "-node1"};
  }));
}

TEST_CASE("replication: dirty_list shows who is down until permdown") {
  node a{"a", hasty()};
  node b{"b", hasty(), {a.address()}};
  a.track("local1");
  b.track("node1");
  REQUIRE(a.lists({"local1", "node1"}));
  CHECK(eventually([&] { return a.dirty_list() == names{"local1", "node1"}; }));
  b.crash();
  CHECK(a.lists({"local1"}));
  // What the handler sees when it hears of it: no later look would be in time
  // for sure.
  CHECK(eventually(
      [&] { return a.heard().views.count("replica_down b: local1 / local1 node1") >= 1; }));
  CHECK(eventually([&] { return a.dirty_list() == names{"local1"}; }));
  CHECK(eventually(
      [&] { return a.heard().views.count("replica_permdown b: local1 / local1") >= 1; }));
  CHECK(a.forgets("b"));
}

TEST_CASE("replication: untrack of nothing") {
  three x;
  CHECK(x.a.tracker().untrack(x.a.idle(), "t", "foo"));
  CHECK(x.a.tracker().untrack(x.a.idle()));
  CHECK(x.a.heard().diffs.get().empty());
}

TEST_CASE("replication: untrack of a topic") {
  three x;
  const auto& t = x.a.tracker();
  auto who = x.a.idle();
  REQUIRE(t.track(who, "t", "user1"));
  REQUIRE(t.track(who, "another", "user2"));
  for (auto* n : {&x.b, &x.c}) CHECK((n->lists({"user1"}) && n->lists({"user2"}, "another")));
  REQUIRE(t.untrack(who, "t", "user1"));
  CHECK(x.a.list().empty());
  CHECK(x.a.list("another") == names{"user2"});
  CHECK(t.stats()->monitored == 1);
  for (auto* n : {&x.b, &x.c}) CHECK((n->lists({}) && n->list("another") == names{"user2"}));
  REQUIRE(t.untrack(who, "another", "user2"));
  CHECK(t.stats()->monitored == 0);
  for (auto* n : {&x.a, &x.b, &x.c}) CHECK(n->lists({}, "another"));
}

TEST_CASE("replication: untrack of all topics") {
  three x;
  const auto& t = x.a.tracker();
  auto who = x.a.idle();
  REQUIRE(t.track(who, "t", "user1"));
  REQUIRE(t.track(who, "another", "user2"));
  x.a.track("other");
  for (auto* n : {&x.b, &x.c})
    CHECK((n->lists({"other", "user1"}) && n->lists({"user2"}, "another")));
  REQUIRE(t.untrack(who));
  CHECK(x.a.list() == names{"other"});
  CHECK(x.a.list("another").empty());
  CHECK(t.stats()->monitored == 1);
  for (auto* n : {&x.b, &x.c}) CHECK((n->lists({"other"}) && n->lists({}, "another")));
}

namespace {

/// The diffs of one node, whole.
struct diffs_of {
  std::mutex mutex;
  std::vector<rollcall::diff> all;
  rollcall::subscription_callbacks callbacks() {
    return {.diff = [this](std::uint32_t, const rollcall::diff& d) {
      const std::lock_guard guard{mutex};
      all.push_back(d);
    }};
  }
  std::vector<rollcall::diff> get() {
    const std::lock_guard guard{mutex};
    return all;
  }
};

/// One diff in which the one left and the other joined.
void check_update(const std::vector<rollcall::diff>& all, const meta& before, const meta& after,
                  const rollcall::ref& first, const rollcall::ref& second) {
  REQUIRE(all.size() == 1);
  REQUIRE(all[0].size() == 1);
  REQUIRE(all[0][0].leaves.size() == 1);
  REQUIRE(all[0][0].joins.size() == 1);
  const auto& left = all[0][0].leaves[0];
  const auto& joined = all[0][0].joins[0];
  CHECK(left.meta == before);
  CHECK(left.ref == first);
  CHECK(joined.meta == after);
  CHECK(joined.ref == second);
  CHECK(joined.prev_ref == first);
}

} // namespace

TEST_CASE("replication: an update is a leave and a join that names the old ref") {
  diffs_of home, abroad;
  three x;
  auto who = x.a.idle();
  const auto& t = x.a.tracker();
  const auto first = t.track(who, "t", "u1", {{"name", "u1"}});
  for (auto* n : {&x.b, &x.c}) REQUIRE(n->lists({"u1"}));
  REQUIRE(t.subscribe(rollcall::on_topic("t"), home.callbacks()));
  REQUIRE(x.b.tracker().subscribe(rollcall::on_topic("t"), abroad.callbacks()));
  const auto second = t.update(who, "t", "u1", meta{{"name", "u1-updated"}});
  REQUIRE(second);
  CHECK(second->prev_ref == *first);
  for (auto* d : {&home, &abroad}) {
    REQUIRE(eventually([&] { return !d->get().empty(); }));
    check_update(d->get(), {{"name", "u1"}}, {{"name", "u1-updated"}}, *first, second->ref);
  }
}

TEST_CASE("replication: an update out of the old meta") {
  diffs_of home, abroad;
  three x;
  auto who = x.a.idle();
  const auto& t = x.a.tracker();
  const meta before{{"browser", "Chrome"}, {"status", "online"}};
  const meta after{{"browser", "Chrome"}, {"status", "away"}};
  const auto first = t.track(who, "t", "u1", before);
  for (auto* n : {&x.b, &x.c}) REQUIRE(n->lists({"u1"}));
  REQUIRE(t.subscribe(rollcall::on_topic("t"), home.callbacks()));
  REQUIRE(x.b.tracker().subscribe(rollcall::on_topic("t"), abroad.callbacks()));
  const auto second = t.update(who, "t", "u1", [](meta_view old) {
    return meta{{"browser", std::string{old["browser"].as_string().value()}}, {"status", "away"}};
  });
  REQUIRE(second);
  for (auto* d : {&home, &abroad}) {
    REQUIRE(eventually([&] { return !d->get().empty(); }));
    check_update(d->get(), before, after, *first, second->ref);
  }
}

TEST_CASE("replication: an update of nothing is nopresence") {
  three x;
  CHECK(code(x.a.tracker().update(x.a.idle(), "t", "u1", meta{})) == errc::nopresence);
  x.b.track("u1");
  REQUIRE(x.a.lists({"u1"}));
  CHECK(code(x.a.tracker().update(x.a.idle(), "t", "u1", meta{})) == errc::nopresence);
  const auto theirs = (*x.a.tracker().list("t").begin()).who();
  CHECK(code(x.a.tracker().update(theirs, "t", "u1", meta{})) == errc::not_local);
  CHECK(x.a.heard().diffs.get() == names{"+u1"});
}

TEST_CASE("replication: who is tracked cannot be tracked again") {
  three x;
  const auto& t = x.a.tracker();
  auto who = x.a.idle();
  CHECK(t.track(who, "t", "u1"));
  CHECK(code(t.track(who, "t", "u1")) == errc::already_tracked);
  CHECK(t.track(who, "another", "u1"));
  CHECK(t.track(who, "t", "anotherkey"));
  CHECK(t.track(x.a.idle(), "t", "u1")); // another actor
  x.b.track("u1");                       // another node's
  for (auto* n : {&x.a, &x.b, &x.c}) CHECK(n->lists({"anotherkey", "u1", "u1", "u1"}));
  CHECK(t.untrack(who, "t", "u1"));
  CHECK(t.untrack(who, "another", "u1"));
  CHECK(t.untrack(who, "t", "anotherkey"));
  for (auto* n : {&x.a, &x.b, &x.c}) CHECK(n->lists({"u1", "u1"}));
}

TEST_CASE("replication: a graceful permdown takes a node away at once") {
  three x; // nobody is down for silence within a minute
  x.b.track("node1");
  REQUIRE(x.a.lists({"node1"}));
  REQUIRE(x.c.lists({"node1"}));
  REQUIRE(x.b.tracker().graceful_permdown());
  for (auto* n : {&x.a, &x.c}) {
    CHECK(n->lists({}));
    CHECK(eventually([&] { return n->dirty_list().empty(); }));
    CHECK(n->forgets("b"));
    CHECK(eventually([&] { return n->heard().events.count("replica_permdown b") == 1; }));
  }
  CHECK_FALSE(x.b.tracker().running());
}

TEST_CASE("replication: in a rolling update a new node asks once for what is there") {
  auto options = steady(); // the new node is never called down
  node a{"a", options};
  auto b = std::make_unique<node>("b", options, names{a.address()});
  a.track("primary");
  b->track("replaced");
  REQUIRE(a.lists({"primary", "replaced"}));
  REQUIRE(b->lists({"primary", "replaced"}));
  b->crash();
  node c{"c", options, {a.address()}}; // it has never heard of b
  // b is still up for a, since its silence is short; c may not hold what it
  // never heard, and must not ask for it without end.
  CHECK(c.lists({"primary"}));
  REQUIRE(c.hears_heartbeats(2));
  const auto pulls = c.pulls(), asked = a.in(pull);
  CHECK(pulls >= 1);
  CHECK(c.hears_heartbeats(6));
  CHECK(c.pulls() == pulls);
  CHECK(a.in(pull) == asked);
  CHECK(c.list() == names{"primary"});
}

TEST_CASE("replication: handle_info hears of messages that are none of the shard's") {
  std::atomic<int> ran{0};
  test_system system;
  auto one = rollcall::spawn_shard(system.get(),
                                   {scripted_handler({.info =
                                                          [&](auto&, const rollcall::info& i) {
                                                            if (auto* x = i.get_if<std::string>())
                                                              ran += *x == "run";
                                                          }}),
                                    {.name = "lobby"}},
                                   0);
  REQUIRE(one);
  rollcall::compat::anon_send(caf::actor_cast<caf::actor>(*one), std::string{"run"});
  CHECK(eventually([&] { return ran == 1; }));
  CHECK(tell(system.get(), *one, rollcall::stop_msg{}) == errc::none);
}

TEST_CASE("replication: what handle_info throws is reported, and the shard lives on") {
  // Upstream's shard dies of a bad answer; ours has nothing to lose by going on.
  notes events;
  test_system system;
  auto one = rollcall::spawn_shard(system.get(),
                                   {scripted_handler({.info =
                                                          [](auto&, const rollcall::info& i) {
                                                            if (i.get_if<std::string>())
                                                              throw std::runtime_error("bad");
                                                          }}),
                                    {.name = "lobby"}},
                                   0);
  REQUIRE(one);
  auto observer = system.get().spawn([&](caf::event_based_actor*) -> caf::behavior {
    return {[&](const rollcall::event_msg& x) {
      events.add(rollcall::to_string(x.event.kind) + " " + x.event.text);
    }};
  });
  system.adopt(observer);
  auto ada = system.idle();
  REQUIRE(ask<rollcall::track_reply>(system.get(), *one,
                                     rollcall::track_msg{ada.address(), "t", "ada", {}}));
  CHECK(tell(system.get(), *one,
             rollcall::observe_msg{caf::actor_cast<caf::strong_actor_ptr>(observer)})
        == errc::none);
  rollcall::compat::anon_send(caf::actor_cast<caf::actor>(*one), std::string{"run"});
  CHECK(eventually([&] { return events.count("handler_failed bad") == 1; }));
  CHECK(ask<rollcall::count_reply>(system.get(), *one, rollcall::count_msg{"t"})->count == 1);
  CHECK(tell(system.get(), *one, rollcall::stop_msg{}) == errc::none);
}
