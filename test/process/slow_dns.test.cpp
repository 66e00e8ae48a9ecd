// A name server that never answers: real look-ups that hang, in a namespace of
// its own, where `ctest` starts this with `unshare --net --mount`. Hidden, since
// without that there is no such name server; skips loudly where the machine
// gives no namespaces.
#include "test/catch.hpp"
#include "test/process/harness.hpp"
#include "test/process/name_server.hpp"

using namespace rollcall::test;
using namespace std::chrono_literals;

namespace {

using steady = std::chrono::steady_clock;

} // namespace

TEST_CASE("names that take minutes to look up hold up neither links nor the end", "[.slow-dns]") {
  if (!own_name_server_possible()) return;
  mute_name_server dns;
  const std::vector<std::string> lost{"one.example:4000", "two.example:4000", "three.example:4000"};
  node a({.name = "a", .seeds = lost});
  auto seeds = lost;
  seeds.push_back(a.address());
  node b({.name = "b", .seeds = seeds});
  REQUIRE(eventually([&] { return dns.asked() > 0; })); // it is being looked up
  // the links that can be are made
  REQUIRE(eventually([&] { return b.replica("a") == "up" && a.replica("b") == "up"; }));
  a.track("ann", "lobby", "ann");
  REQUIRE(eventually([&] { return b.list("lobby") == keys{"ann"}; }));
  // and keep their heartbeats
  CHECK(always([&] { return b.replica("a") == "up" && a.replica("b") == "up"; }, 5s));
  node c({.name = "c", .seeds = {a.address()}});
  CHECK(eventually([&] { return c.list("lobby") == keys{"ann"}; }));
  // a join travels at its usual pace
  const auto tracked = steady::now();
  a.track("bea", "lobby", "bea");
  REQUIRE(eventually([&] { return b.count("lobby") == 2; }));
  WARN("a join was seen after "
       << std::chrono::duration_cast<milliseconds>(steady::now() - tracked).count() << " ms");
  // nobody waits for the name server to end
  const auto start = steady::now();
  CHECK(b.end_input() == 0);
  const auto took = std::chrono::duration_cast<milliseconds>(steady::now() - start);
  WARN("the end took " << took.count() << " ms");
  CHECK(took < 10s); // a look-up would hold it for a minute
}
