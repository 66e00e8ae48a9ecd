// Nodes that are killed, suspended, cut off, and come back.
#include "test/catch.hpp"
#include "test/process/harness.hpp"

#include <algorithm>

using namespace rollcall::test;
using namespace std::chrono_literals;

namespace {

bool told(std::vector<object> events, std::string_view what, std::string_view who) {
  return std::any_of(events.begin(), events.end(), [&](const object& e) {
    return text(e, "event") == what && text(e, "name") == who;
  });
}

} // namespace

TEST_CASE("kill -9 is a leave after the down period, and forgotten after the permdown period") {
  const std::vector<std::string> periods = {
      "--broadcast-period", "150ms", "--max-silent-periods", "3",
      "--down-period",      "1s",    "--permdown-period",    "6s"};
  node a({.name = "a", .periods = periods}),
      b({.name = "b", .seeds = {a.address()}, .periods = periods});
  a.track("ada", "lobby", "ada");
  b.track("bob", "lobby", "bob");
  REQUIRE(eventually([&] { return b.list("lobby") == keys{"ada", "bob"}; }));
  a.kill();
  CHECK(eventually([&] { return b.list("lobby") == keys{"bob"}; }));
  CHECK(b.replica("a") == "down");
  CHECK(b.list("lobby", "dirty_list") == keys{"ada", "bob"});
  CHECK(eventually([&] { return b.list("lobby", "dirty_list") == keys{"bob"}; }));
  CHECK(b.replica("a").empty());
  const auto events = b.events();
  CHECK(told(events, "replica_down", "a"));
  CHECK(told(events, "replica_permdown", "a"));
  CHECK(told(events, "peer_down", "a"));
}

TEST_CASE("a restart on the same port and name is a new life, and old presences never return") {
  node a({.name = "a"}), b({.name = "b", .seeds = {a.address()}});
  const auto old = a.track("ada", "lobby", "ada");
  a.track("old", "lobby", "old");
  b.track("bob", "lobby", "bob");
  REQUIRE(eventually([&] { return b.list("lobby") == keys{"ada", "bob", "old"}; }));
  a.kill();
  a.restart();
  const auto fresh = a.track("ada", "lobby", "ada");
  CHECK(fresh != old);
  auto only_new = [&](node& n) {
    const auto all = n.presences("lobby");
    return all.size() == 2 && text(all[0], "ref") == fresh && text(all[1], "key") == "bob";
  };
  CHECK(eventually([&] { return only_new(b); }));
  CHECK(eventually([&] { return only_new(a); })); // learned from b, that was told nothing else
  CHECK(always([&] { return only_new(a) && only_new(b); }, 3s));
  CHECK(b.list("lobby", "dirty_list") == keys{"ada", "bob"});
}

TEST_CASE("a suspended node is down for the others and back when it goes on") {
  node a({.name = "a"}), b({.name = "b", .seeds = {a.address()}});
  a.track("ada", "lobby", "ada");
  b.track("bob", "lobby", "bob");
  const keys all{"ada", "bob"};
  REQUIRE(eventually([&] { return a.list("lobby") == all && b.list("lobby") == all; }));
  a.suspend();
  CHECK(eventually([&] { return b.list("lobby") == keys{"bob"} && b.replica("a") == "down"; }));
  b.track("bea", "lobby", "bea");
  a.resume();
  const keys more{"ada", "bea", "bob"};
  CHECK(eventually([&] { return a.list("lobby") == more && b.list("lobby") == more; }));
  const auto events = b.events();
  CHECK(told(events, "replica_down", "a"));
  CHECK(told(events, "replica_up", "a"));
}

TEST_CASE("a partition hides both sides from each other until it heals") {
  node a({.name = "a"}), b({.name = "b", .seeds = {a.address()}}),
      c({.name = "c", .seeds = {a.address()}});
  a.track("ada", "lobby", "ada");
  b.track("bob", "lobby", "bob");
  c.track("cat", "lobby", "cat");
  const keys all{"ada", "bob", "cat"};
  for (auto* n : {&a, &b, &c}) REQUIRE(eventually([&] { return n->list("lobby") == all; }));
  for (auto* peer : {R"("a")", R"("c")"})
    CHECK(b.ask(R"({"op":"block","peer":)" + std::string(peer) + "}").contains("ok"));
  CHECK(eventually([&] { return a.list("lobby") == keys{"ada", "cat"}; }));
  CHECK(eventually([&] { return c.list("lobby") == keys{"ada", "cat"}; }));
  CHECK(eventually([&] { return b.list("lobby") == keys{"bob"}; }));
  b.ask(R"({"op":"kill","as":"bob"})");
  b.track("ben", "lobby", "ben");
  a.track("amy", "lobby", "amy");
  for (auto* peer : {R"("a")", R"("c")"})
    CHECK(b.ask(R"({"op":"unblock","peer":)" + std::string(peer) + "}").contains("ok"));
  for (auto* n : {&a, &b, &c}) {
    INFO(n->name());
    CHECK(eventually([&] { return n->list("lobby") == keys{"ada", "amy", "ben", "cat"}; }));
  }
}

TEST_CASE("what is blocked in one direction still flows in the other") {
  node a({.name = "a"}), b({.name = "b", .seeds = {a.address()}});
  a.track("ada", "lobby", "ada");
  b.track("bob", "lobby", "bob");
  const keys all{"ada", "bob"};
  REQUIRE(eventually([&] { return a.list("lobby") == all && b.list("lobby") == all; }));
  CHECK(b.ask(R"({"op":"block","peer":"a","direction":"in"})").contains("ok"));
  CHECK(eventually([&] { return b.list("lobby") == keys{"bob"}; }));
  CHECK(a.list("lobby") == all); // it hears b still
  CHECK(b.ask(R"({"op":"unblock","peer":"a","direction":"in"})").contains("ok"));
  CHECK(eventually([&] { return a.list("lobby") == all && b.list("lobby") == all; }));
}
