#include "cluster/mesh/traffic_watch.hpp"

#include "test/catch.hpp"

using rollcall::cluster::traffic_watch;
using namespace std::chrono_literals;

TEST_CASE("after a burst memory is given back once, when the links are quiet") {
  constexpr std::uint64_t mb = std::uint64_t{1} << 20;
  traffic_watch w;
  CHECK_FALSE(w.look(0, 10s));
  CHECK_FALSE(w.look(100 * mb, 12s)); // the burst
  CHECK_FALSE(w.look(100 * mb, 13s)); // too soon to say
  CHECK_FALSE(w.look(140 * mb, 14s));
  CHECK(w.look(140 * mb + 1000, 16s));
  CHECK_FALSE(w.look(140 * mb + 2000, 18s));                                      // once
  for (unsigned i = 0; i < 20; ++i) CHECK_FALSE(w.look((141 + i) * mb, 20s + i * 2s)); // little
}
