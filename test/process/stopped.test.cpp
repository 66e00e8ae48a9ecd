// A peer that reads nothing while there is much to say: memory, the others, the
// end, and what happens when it reads again. (Periods are short, so that ten
// minutes of it become seconds: after `down_period` nothing more is sent.)
#include "test/catch.hpp"
#include "test/process/harness.hpp"

#include <algorithm>
#include <fstream>
#include <string>
#include <unistd.h>

using namespace rollcall::test;
using namespace std::chrono_literals;

namespace {

long resident_mb(node& n) {
  std::ifstream in{"/proc/" + std::to_string(n.process().pid()) + "/statm"};
  long all = 0, resident = 0;
  in >> all >> resident;
  return resident * ::sysconf(_SC_PAGESIZE) / (1 << 20);
}

constexpr int crowd = 64; // presences that are updated in turn: what is updated
                          // again before a flush would travel only once

void gather(node& n) {
  for (int i = 0; i < crowd; ++i) n.track("crowd", "hall", "k" + std::to_string(i));
}

/// So many MiB of updates, of 32 KiB each.
void load(node& n, int mb) {
  static int count = 0;
  const std::string large(32 * 1024, 'x');
  for (int i = 0; i < mb * 32; ++i, ++count) {
    const auto answer = n.ask(R"({"op":"update","as":"crowd","topic":"hall","key":"k)"
                              + std::to_string(count % crowd) + R"(","meta":{"n":)"
                              + std::to_string(count) + R"(,"x":")" + large + R"("}})");
    REQUIRE(answer.contains("ok"));
  }
}

} // namespace

TEST_CASE("a peer that reads nothing costs little memory, and is whole again soon after it reads") {
  node a({.name = "a"}), b({.name = "b", .seeds = {a.address()}}),
      c({.name = "c", .seeds = {a.address()}});
  gather(a);
  for (auto* n : {&b, &c}) REQUIRE(eventually([&] { return n->count("hall") == crowd; }));
  load(a, 8); // so that what is used once is in use
  const auto before = resident_mb(a);
  b.suspend();
  auto most = before;
  for (int i = 0; i < 8; ++i) {
    load(a, 16);
    most = std::max(most, resident_mb(a));
  }
  WARN("128 MiB of updates past a stopped peer: " << before << " MB before, " << most
                                                  << " MB at most");
  CHECK(most - before < 64);
  a.track("amy", "lobby", "late");
  CHECK(eventually([&] { return c.presences("hall") == a.presences("hall"); })); // it is served
  b.resume();
  CHECK(eventually([&] { return b.list("lobby") == keys{"late"}; }));
  CHECK(eventually([&] { return b.presences("hall") == a.presences("hall"); }));
}

TEST_CASE("a node ends in order although a peer reads nothing of what is under way to it") {
  node a({.name = "a", .more = {"--permdown-on-shutdown"}}),
      b({.name = "b", .seeds = {a.address()}}), c({.name = "c", .seeds = {a.address()}});
  gather(a);
  for (auto* n : {&b, &c}) REQUIRE(eventually([&] { return n->count("hall") == crowd; }));
  b.suspend();
  load(a, 16);
  const auto start = std::chrono::steady_clock::now();
  CHECK(a.end_input() == 0);
  const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now() - start);
  WARN("the end took " << took.count() << " ms");
  // and the one who reads has heard the bye: no down period has to pass
  CHECK(eventually([&] { return c.count("hall") == 0 && c.replica("a").empty(); }));
  b.resume();
  CHECK(eventually([&] { return b.count("hall") == 0; }));
}
