// Nodes of today's version and of the next one in one cluster.
#include "test/catch.hpp"
#include "test/process/harness.hpp"

#include <boost/json/array.hpp>

#include <thread>

using namespace rollcall::test;
using namespace std::chrono_literals;

namespace {

std::uint64_t unknown_frames(node& x) {
  return x.ask(R"({"op":"stats"})").at("frames_unknown").to_number<std::uint64_t>();
}

} // namespace

TEST_CASE("a node of the next wire version and nodes of today's are one cluster") {
  node a({.name = "a"});
  node next({.name = "b", .seeds = {a.address()}, .program = ROLLCALL_NEXT_PROGRAM});
  node c({.name = "c", .seeds = {next.address()}}); // comes in through the new one
  a.track("ada", "lobby", "ada", R"({"status":"here"})");
  next.track("bob", "lobby", "bob");
  c.track("cat", "lobby", "cat");
  const keys all{"ada", "bob", "cat"};
  for (auto* n : {&a, &next, &c}) {
    INFO(n->name() << n->log());
    CHECK(eventually([&] { return n->list("lobby") == all; }));
  }
  // Whatever changes goes both ways, and frames that today's nodes cannot read
  // are counted and made up for.
  for (int i = 0; i < 60; ++i) {
    const auto key = "k" + std::to_string(i);
    for (auto* n : {&a, &next, &c}) {
      n->track("crowd", "hall", n->name() + key);
      if (i % 3 == 0)
        n->ask(R"({"op":"untrack","as":"crowd","topic":"hall","key":")" + n->name() + key + "\"}");
    }
    if (i % 10 == 0) std::this_thread::sleep_for(200ms);
  }
  for (auto* n : {&a, &next, &c}) {
    INFO(n->name() << n->log());
    CHECK(eventually([&] { return n->count("hall") == 120; }));
    CHECK(n->presences("hall") == a.presences("hall"));
  }
  CHECK(eventually([&] { return unknown_frames(a) > 0 && unknown_frames(c) > 0; }));
  CHECK(unknown_frames(next) == 0);
  CHECK(next.log().find("version_mismatch") == std::string::npos);
}

TEST_CASE("a rolling upgrade: each node in turn comes back as the next version, nothing is lost") {
  node a({.name = "a"}), b({.name = "b", .seeds = {a.address()}}),
      c({.name = "c", .seeds = {a.address()}});
  for (auto* n : {&a, &b, &c}) n->track("x", "lobby", "of " + n->name());
  auto whole = [&](node& n) { return n.list("lobby") == keys{"of a", "of b", "of c"}; };
  for (auto* n : {&a, &b, &c}) REQUIRE(eventually([&] { return whole(*n); }));
  for (auto* n : {&b, &c, &a}) {
    n->end_input();
    n->use_program(ROLLCALL_NEXT_PROGRAM);
    n->restart();
    n->track("x", "lobby", "of " + n->name());
    for (auto* each : {&a, &b, &c}) {
      INFO(each->name() << each->log());
      CHECK(eventually([&] { return whole(*each); }));
    }
  }
}
