// Nodes that see each other's presences, come late, and come in numbers.
#include "test/catch.hpp"
#include "test/process/harness.hpp"

#include <boost/json/array.hpp>

#include <algorithm>
#include <chrono>
#include <thread>

using namespace rollcall::test;
using namespace std::chrono_literals;
using clock_type = std::chrono::steady_clock;

TEST_CASE("three nodes from one seed see each other's presences") {
  node a({.name = "a"});
  node b({.name = "b", .seeds = {a.address()}}), c({.name = "c", .seeds = {a.address()}});
  const auto ref = a.track("ada", "lobby", "ada", R"({"status":"here","n":1,"x":1.0})");
  b.track("bob", "lobby", "bob");
  c.track("cat", "lobby", "cat");
  for (auto* n : {&a, &b, &c}) {
    INFO(n->name() << n->log());
    CHECK(eventually([&] { return n->list("lobby") == keys{"ada", "bob", "cat"}; }));
    for (auto name : {"a", "b", "c"}) CHECK(eventually([&] { return n->replica(name) == "up"; }));
  }
  const auto seen = c.presences("lobby").front();
  CHECK(text(seen, "ref") == ref);
  CHECK(text(seen, "replica") == "a");
  CHECK(text(seen, "pid").substr(0, 2) == "a#");
  CHECK_FALSE(seen.contains("prev_ref"));
  const auto& meta = seen.at("meta").as_object();
  CHECK(text(meta, "status") == "here");
  CHECK(meta.at("n").is_int64());
  CHECK(meta.at("x").is_double());

  // b and c were told of a only, and have found each other.
  const auto peers = b.ask(R"({"op":"peers"})").at("peers").as_array();
  CHECK(peers.size() == 2);
  for (const auto& p : peers) CHECK(text(p.as_object(), "state") == "up");
  const auto events = b.events();
  auto saw = [&](std::string_view what, std::string_view who) {
    return std::any_of(events.begin(), events.end(), [&](const object& e) {
      return text(e, "event") == what && text(e, "name") == who;
    });
  };
  for (auto name : {"a", "c"}) {
    CHECK(saw("peer_up", name));
    CHECK(saw("replica_up", name));
  }
}

TEST_CASE("ready tells name, address and process") {
  node a({.name = "a"});
  CHECK(text(a.ready(), "name") == "a");
  CHECK(a.address().rfind("127.0.0.1:", 0) == 0);
  CHECK(a.address() != "127.0.0.1:0");
  CHECK(a.ready().at("pid").to_number<pid_t>() == a.process().pid());
}

TEST_CASE(
    "a node that joins late into an idle cluster has everything at once, at the default periods") {
  const std::vector<std::string> defaults;
  node a({.name = "a", .periods = defaults}),
      b({.name = "b", .seeds = {a.address()}, .periods = defaults});
  for (int i = 0; i < 100; ++i) a.track("many", "lobby", "a" + std::to_string(i));
  b.track("bob", "lobby", "bob");
  REQUIRE(eventually([&] { return b.count("lobby") == 101 && a.count("lobby") == 101; }));
  std::this_thread::sleep_for(4s); // idle: the next beat may be 9 s away
  node c({.name = "c", .seeds = {a.address()}, .periods = defaults});
  const auto start = clock_type::now();
  CHECK(eventually([&] { return c.count("lobby") == 101; }, 20s));
  // One broadcast period (1.5 s) and the join itself; half a beat on a machine
  // that is busy with other things.
  CHECK(clock_type::now() - start < 4500ms);
}

TEST_CASE("ten thousand presences at once arrive whole") {
  node a({.name = "a"}), b({.name = "b", .seeds = {a.address()}});
  REQUIRE(eventually([&] { return b.replica("a") == "up"; }));
  const auto answer =
      a.ask(R"({"op":"track_many","as":"crowd","topic":"hall","keys":[0,10000],"meta":{"s":"x"}})");
  CHECK(answer.at("count").to_number<int>() == 10000);
  CHECK(answer.at("ms").to_number<double>() >= 0);
  CHECK(a.count("hall") == 10000);
  REQUIRE(eventually([&] { return b.count("hall") == 10000; }));
  CHECK(a.presences("hall") == b.presences("hall"));
  CHECK(b.list("hall").front() == "k0");
  CHECK(b.list("hall").back() == "k9999");

  a.ask(R"({"op":"kill","as":"crowd"})");
  CHECK(eventually([&] { return a.count("hall") == 0 && b.count("hall") == 0; }));
}

TEST_CASE("topics of a pool of shards are one tracker") {
  node a({.name = "a", .more = {"--pool-size", "4"}});
  node b({.name = "b", .seeds = {a.address()}, .more = {"--pool-size", "4"}});
  for (int i = 0; i < 20; ++i) a.track("ada", "room:" + std::to_string(i), "ada");
  CHECK(eventually(
      [&] { return b.ask(R"({"op":"topics"})").at("topics").as_object().size() == 20; }));
  const auto topics = b.ask(R"({"op":"topics"})").at("topics").as_object();
  for (const auto& topic : topics) CHECK(topic.value() == 1);
  const auto replicas = b.ask(R"({"op":"replicas"})").at("replicas").as_array();
  CHECK(replicas.size() == 8);
  CHECK(replicas.front().as_object().contains("shard"));
  a.ask(R"({"op":"untrack","as":"ada"})");
  CHECK(eventually([&] { return b.ask(R"({"op":"topics"})").at("topics").as_object().empty(); }));
}
