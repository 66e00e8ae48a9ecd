// The scenarios of upstream's State: joins, leaves, merges and netsplits of the
// replicated state, without a network.
#include "test/upstream/stores.hpp"

using namespace upstream;

namespace {

constexpr std::uint64_t alice = 1, bob = 2, carol = 3, david = 4;

/// Each holds all others.
template <class... Replica>
void connect(Replica&... all) {
  const std::vector<replica*> every{&all...};
  for (auto* x : every)
    for (auto* y : every)
      if (x != y) x->up(*y);
}

} // namespace

TEST_CASE("state: a new replica holds nothing and has nothing to tell") {
  replica a{"a"};
  CHECK(a.state.clock() == 0);
  CHECK(a.deltas(a.id(), 0).empty());
  CHECK(a.state.table().topics().empty());
}

TEST_CASE("state: who joined is online until it leaves") {
  replica a{"a"};
  a.join(alice, "lobby", "john");
  CHECK(a.online("lobby") == names{"john"});
  a.leave(alice, "lobby", "john");
  CHECK(a.online("lobby").empty());
}

TEST_CASE("state: presences of other replicas merge, each once") {
  replica a{"a"}, b{"b"};
  connect(a, b);
  a.join(alice, "lobby", "alice");
  b.join(bob, "lobby", "bob");
  CHECK(a.merge(b) == seen{{"bob"}, {}});
  CHECK(a.online("lobby") == names{"alice", "bob"});
  const auto size = a.state.table().size();
  CHECK(a.merge(b) == seen{});
  for (auto& d : b.deltas(b.id(), 0)) CHECK(a.merge(d) == seen{}); // from the start, too
  CHECK(a.state.table().size() == size);
  CHECK(b.merge(a) == seen{{"alice"}, {}});
  CHECK(b.merge(a) == seen{});

  a.leave(alice, "lobby", "alice");
  CHECK(b.merge(a) == seen{{}, {"alice"}});
  CHECK(b.online("lobby") == names{"bob"});
  CHECK(b.merge(a) == seen{});
  CHECK(b.state.table().size() == 1);

  b.join(carol, "lobby", "carol");
  CHECK(a.merge(b) == seen{{"carol"}, {}});
  CHECK(a.merge(b) == seen{});
  CHECK(a.state.table().list("lobby").to_vector() == b.state.table().list("lobby").to_vector());

  b.update(carol, "lobby", "carol", {{"updated", true}});
  CHECK(a.merge(b) == seen{{"carol"}, {"carol"}});
  CHECK((*a.state.table().get_by_key("lobby", "carol").begin()).meta()["updated"].as_bool()
        == true);
  CHECK(a.merge(b) == seen{});
  CHECK(a.state.table().size() == 2);
}

TEST_CASE("state: a netsplit hides what lies behind it, and its end shows it again") {
  replica a{"a"}, b{"b"};
  connect(a, b);
  a.join(alice, "lobby", "alice");
  b.join(bob, "lobby", "bob");
  CHECK(a.merge(b) == seen{{"bob"}, {}});
  a.join(carol, "lobby", "carol");
  a.leave(alice, "lobby", "alice");
  a.join(david, "lobby", "david");
  CHECK(a.down(b) == seen{{}, {"bob"}});
  CHECK(a.online("lobby") == names{"carol", "david"});
  CHECK(a.merge(b) == seen{});
  CHECK(a.online("lobby") == names{"carol", "david"});
  CHECK(a.up(b) == seen{{"bob"}, {}});
  CHECK(a.online("lobby") == names{"bob", "carol", "david"});
}

TEST_CASE("state: a join is seen through another replica") {
  replica a{"a"}, b{"b"}, c{"c"};
  connect(a, b, c);
  a.join(alice, "lobby", "alice");
  CHECK(c.merge(a) == seen{{"alice"}, {}});
  // From here on a and c do not hear each other.
  a.join(bob, "lobby", "bob");
  CHECK(b.merge(a) == seen{{"alice", "bob"}, {}});
  SECTION("before a is called down") { CHECK(c.merge(b) == seen{{"bob"}, {}}); }
  SECTION("after that it is known, and shown when a is back: a relay is no sign of life") {
    CHECK(c.down(a) == seen{{}, {"alice"}});
    CHECK(c.merge(b) == seen{});
    CHECK(c.held("lobby") == names{"alice", "bob"});
    CHECK(c.up(a) == seen{{"alice", "bob"}, {}});
  }
}

TEST_CASE("state: a leave is seen through another replica") {
  replica a{"a"}, b{"b"}, c{"c"};
  connect(a, b, c);
  a.join(alice, "lobby", "alice");
  c.merge(a);
  a.join(bob, "lobby", "bob");
  b.merge(a);
  CHECK(c.merge(b) == seen{{"bob"}, {}});
  a.leave(bob, "lobby", "bob");
  CHECK(b.merge(a) == seen{{}, {"bob"}});
  SECTION("before a is called down") { CHECK(c.merge(b) == seen{{}, {"bob"}}); }
  SECTION("after that only who is left comes back with a") {
    c.down(a);
    CHECK(c.merge(b) == seen{});
    CHECK(c.up(a) == seen{{"alice"}, {}});
  }
}

TEST_CASE("state: presences are found by their actor") {
  replica a{"a"}, other{"other"};
  a.up(other);
  auto& table = a.state.table();
  CHECK(table.first_of_actor(alice) == 0);
  a.join(alice, "topic", "key1");
  other.join(alice, "topic", "key1"); // the same number there is another actor
  a.merge(other);
  const auto h = table.first_of_actor(alice);
  REQUIRE(h != 0);
  const auto p = table.view(h).to_presence();
  CHECK(p.topic == "topic");
  CHECK(p.key == "key1");
  CHECK(p.ref == ref{{1, 0}, 1});
  CHECK(p.who == pid{a.id(), alice});
  CHECK(table.next_of_actor(h) == 0);
  CHECK(table.count_of_actor(alice) == 1);
  const auto own = table.slice_of(h);
  CHECK(table.find(own, "topic", "key1", alice) == h);
  CHECK(table.find(own, "notopic", "key1", alice) == 0);
  CHECK(table.find(own, "notopic", "nokey", alice) == 0);
}

TEST_CASE("state: presences are found by their key") {
  replica a{"a"};
  auto& table = a.state.table();
  CHECK(table.get_by_key("topic", "key1").empty());
  a.join(alice, "topic", "key1", {{"device", "browser"}});
  a.join(bob, "topic", "key1", {{"device", "ios"}});
  a.join(bob, "topic", "key2", {{"device", "ios"}});
  const auto found = table.get_by_key("topic", "key1").to_vector();
  REQUIRE(found.size() == 2);
  CHECK(found[0].who.actor == alice);
  CHECK(found[0].meta == meta{{"device", "browser"}});
  CHECK(found[1].who.actor == bob);
  CHECK(found[1].meta == meta{{"device", "ios"}});
  CHECK(table.get_by_key("another_topic", "key1").empty());
  CHECK(table.get_by_key("topic", "another_key").empty());
}

TEST_CASE("state: presences of a topic are those of the replicas that are up") {
  replica a{"a"}, b{"b"}, c{"c"};
  connect(a, b, c);
  for (auto* x : {&a, &b, &c})
    for (auto* y : {&a, &b, &c}) CHECK(x->clock_of(*y) == 0);
  CHECK(a.online("topic").empty());
  a.join(alice, "topic", "key1");
  a.join(alice, "topic", "key2");
  b.join(bob, "topic", "user2");
  c.join(carol, "topic", "user3");
  CHECK(a.online("topic") == names{"key1", "key2"});
  a.merge(b);
  a.merge(c);
  CHECK(a.online("topic") == names{"key1", "key2", "user2", "user3"});
  a.down(b);
  CHECK(a.online("topic") == names{"key1", "key2", "user3"});
  a.down(c);
  CHECK(a.online("topic") == names{"key1", "key2"});
  CHECK(a.held("topic") == names{"key1", "key2", "user2", "user3"});
  CHECK(a.online("another:topic").empty());
}

TEST_CASE("state: a replica that is removed takes its presences along for good") {
  replica a{"a"}, b{"b"};
  connect(a, b);
  a.join(alice, "lobby", "alice");
  b.join(bob, "lobby", "bob");
  b.merge(a);
  CHECK(b.online("lobby") == names{"alice", "bob"});
  b.down(a);
  CHECK(b.held("lobby") == names{"alice", "bob"});
  CHECK(b.permdown(a) == seen{}); // hidden already
  CHECK(b.held("lobby") == names{"bob"});
  CHECK(b.state.table().size() == 1);
  b.up(a); // from nothing
  CHECK(b.online("lobby") == names{"bob"});
  CHECK(b.clock_of(a) == 0);
}

TEST_CASE("state: deltas bring joins and leaves, and clocks stand without gaps") {
  replica a{"a"}, b{"b"};
  connect(a, b);
  a.join(alice, "lobby", "alice");
  b.join(bob, "lobby", "bob");
  CHECK(b.merge({a.id(), a.since(0)}) == seen{{"alice"}, {}});
  CHECK(b.clock_of(a) == 1);
  CHECK(b.clock_of(b) == 1);
  a.leave(alice, "lobby", "alice");
  CHECK(b.merge({a.id(), a.since(1)}) == seen{{}, {"alice"}});
  CHECK(b.clock_of(a) == 2);
  a.join(alice, "lobby", "alice");
  CHECK(b.merge({a.id(), a.since(1)}) == seen{{"alice"}, {}}); // longer than need be
  CHECK(b.clock_of(a) == 3);
  CHECK_FALSE(b.state.gap_beyond(a.id()));
}

TEST_CASE("state: a delta past a gap does not move the clock") {
  replica a{"a"}, b{"b"};
  connect(a, b);
  a.join(alice, "lobby", "user1");
  const auto first = a.since(0);
  a.join(bob, "lobby", "user2");
  a.join(carol, "lobby", "user3");
  const auto third = a.since(2);
  CHECK(b.merge({a.id(), third}) == seen{{"user3"}, {}});
  CHECK(b.clock_of(a) == 0);
  CHECK(b.state.gap_beyond(a.id()));
  CHECK(b.merge({a.id(), first}) == seen{{"user1"}, {}});
  CHECK(b.clock_of(a) == 1);
  CHECK(b.state.gap_beyond(a.id()));
  CHECK(b.merge({a.id(), a.since(1)}) == seen{{"user2"}, {}});
  CHECK(b.clock_of(a) == 3);
  CHECK_FALSE(b.state.gap_beyond(a.id()));
}

TEST_CASE("state: only replicas known to both are merged") {
  replica a{"a"}, b{"b"}, c{"c"};
  a.up(b);
  b.up(a);
  b.up(c);
  a.join(alice, "lobby", "user1");
  b.join(bob, "lobby", "user2");
  c.join(carol, "lobby", "user3");
  b.merge(c);
  b.merge(a);
  CHECK(a.merge(b) == seen{{"user2"}, {}}); // of c it does not know
  CHECK(a.state.slices() == std::vector<replica_id>{b.id()});
  for (auto& d : b.deltas(c.id(), 0)) CHECK(a.merge(d) == seen{}); // nor is it told of it
  CHECK(a.online("lobby") == names{"user1", "user2"});
}

TEST_CASE("state: deltas of two replicas are one state, in either order") {
  replica a{"a"}, b{"b"};
  a.join(alice, "lobby", "user1");
  a.join(alice, "private", "user1");
  b.join(bob, "lobby", "user2");
  b.join(bob, "private", "user2");
  for (const bool a_first : {true, false}) {
    replica c{"c"};
    connect(c, a, b);
    c.merge(a_first ? a : b);
    c.merge(a_first ? b : a);
    CHECK(c.online("lobby") == names{"user1", "user2"});
    CHECK(c.online("private") == names{"user1", "user2"});
    CHECK(c.clock_of(a) == 2);
    CHECK(c.clock_of(b) == 2);
  }
}

TEST_CASE("state: a leave ends its own join and no other, whoever joined at the same time") {
  replica a{"a"}, b{"b"};
  connect(a, b);
  // The same number, topic and key on both: two actors, two presences.
  a.join(alice, "lobby", "user1");
  a.join(alice, "private", "user1");
  b.join(alice, "lobby", "user1");
  b.leave(alice, "lobby", "user1");
  const auto before = a.since(0);
  CHECK(b.merge(a) == seen{{"user1", "user1"}, {}});
  CHECK(a.merge(b) == seen{}); // came and went
  CHECK(a.clock_of(b) == 2);
  CHECK(b.online("lobby") == names{"user1"});
  // Nobody but its owner ends it.
  CHECK(b.leave(alice, "private", "user1") == errc::nopresence);
  CHECK(b.online("private") == names{"user1"});
  a.leave(alice, "private", "user1");
  CHECK(b.merge(a) == seen{{}, {"user1"}});
  // That it is dead is remembered, whatever comes late.
  CHECK(b.merge({a.id(), range{0, 2, {before.adds[0], before.adds[1]}, {}}}) == seen{});
  CHECK(b.online("private").empty());
  CHECK(b.online("lobby") == names{"user1"});
}
