// A cluster cannot be made from options that break a rule.
#include "test/catch.hpp"
#include "test/sim/world.hpp"

using namespace rollcall;
using namespace std::chrono_literals;

TEST_CASE("a down_period under two broadcast periods is refused, in upstream's words") {
  auto s = sim::settings::calm();
  s.options.down_period = 2 * s.options.broadcast_period - 1ms;
  CHECK(validate(s.options).message
        == "down_period must be at least twice as large as the broadcast_period");
  CHECK_THROWS_AS((sim::world{1, s}), sim::violation);
}

TEST_CASE("a permdown_period not above the down_period is refused, in upstream's words") {
  auto s = sim::settings::calm();
  s.options.permdown_period = s.options.effective_down_period();
  CHECK(validate(s.options).message
        == "permdown_period must be at least larger than the down_period");
  CHECK_THROWS_AS((sim::world{1, s}), sim::violation);
}

TEST_CASE("what is drawn for random runs is valid") {
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    sim::random r{seed};
    CHECK_FALSE(validate(sim::settings::drawn(r).options));
  }
}
