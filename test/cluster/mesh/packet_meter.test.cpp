#include "cluster/mesh/packet_meter.hpp"

#include "test/catch.hpp"

using namespace rollcall;
using namespace rollcall::cluster;
using mesh::packet_meter;
using verdict = packet_meter::verdict;

TEST_CASE("a process may say so many hellos at once, then so many a second") {
  packet_meter meter;
  std::size_t ok = 0;
  for (int i = 0; i < 100; ++i)
    ok += meter.take("a", packet_kind::hello, instant{0}) == verdict::ok;
  CHECK(ok == packet_meter::hello_burst);
  ok = 0;
  for (int i = 0; i < 10'000; ++i)
    ok += meter.take("a", packet_kind::hello, instant{i}) == verdict::ok;
  CHECK(ok <= 10 * packet_meter::hellos_per_second);
  CHECK(ok + 1 >= 10 * packet_meter::hellos_per_second);
}

TEST_CASE("what one process says takes nothing from another") {
  packet_meter meter;
  for (int i = 0; i < 1000; ++i) meter.take("flood", packet_kind::hello, instant{0});
  CHECK(meter.take("b", packet_kind::hello, instant{0}) == verdict::ok);
  CHECK(meter.take("flood", packet_kind::ping, instant{0}) == verdict::ok);
}

TEST_CASE("who goes on for long is cut off, and what nodes of ours say never is") {
  packet_meter meter;
  bool cut = false;
  for (std::size_t i = 0; i < packet_meter::patience + packet_meter::hello_burst && !cut; ++i)
    cut = meter.take("a", packet_kind::hello, instant{0}) == verdict::cut;
  CHECK(cut);
  // Ten updates, a ping and its pong a second, and a link every second.
  for (int ms = 0; ms < 600'000; ms += 100) {
    REQUIRE(meter.take("b", packet_kind::update, instant{ms}) == verdict::ok);
    if (ms % 1000 != 0) continue;
    REQUIRE(meter.take("b", packet_kind::ping, instant{ms}) == verdict::ok);
    REQUIRE(meter.take("b", packet_kind::pong, instant{ms}) == verdict::ok);
    REQUIRE(meter.take("b", packet_kind::hello, instant{ms}) == verdict::ok);
  }
}

TEST_CASE("only so many processes are remembered") {
  packet_meter meter;
  for (std::size_t i = 0; i < 3 * packet_meter::most_processes; ++i)
    REQUIRE(meter.take(std::to_string(i), packet_kind::hello, instant{static_cast<long>(i)})
            == verdict::ok);
}
