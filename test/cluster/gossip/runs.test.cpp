// Random runs. rollcall_sim makes as many as one likes; here is a slice.
#include "test/catch.hpp"
#include "test/sim/run.hpp"

#include <iostream>
#include <string>

using namespace rollcall::sim;

namespace {

mix with(const std::string& faults) {
  mix m;
  std::string unknown;
  REQUIRE(parse_faults(faults, m.faults, unknown));
  return m;
}

void all_pass(std::uint64_t from, std::uint64_t n, const mix& m) {
  for (auto seed = from; seed < from + n; ++seed) {
    INFO("rollcall_sim --seed " << seed << " --verbose");
    CHECK(run(seed, m).what == "");
  }
}

} // namespace

TEST_CASE("clusters with all faults agree after them, and nothing is wrong meanwhile") {
  all_pass(1, 300, with("all"));
}

TEST_CASE("clusters without faults agree at all times") { all_pass(1, 40, with("none")); }

TEST_CASE("each fault alone is survived") {
  for (auto& f : all_faults()) all_pass(1000, 10, with(std::string{f.name}));
}

TEST_CASE("nine replicas agree too") {
  auto m = with("all");
  m.nodes = 9;
  all_pass(2000, 10, m);
}

TEST_CASE("the same seed gives the same run, to the bit") {
  for (std::uint64_t seed = 5; seed < 9; ++seed) {
    const auto one = run(seed, with("all")), two = run(seed, with("all"));
    CHECK(one.digest == two.digest);
    CHECK(one.count.events == two.count.events);
    CHECK(one.what == two.what);
  }
  CHECK(run(5, with("all")).digest != run(6, with("all")).digest);
}

TEST_CASE("faults are taken by name") {
  mix m;
  std::string unknown;
  CHECK(parse_faults("loss,crash", m.faults, unknown));
  CHECK(m.faults.size() == 2);
  CHECK_FALSE(parse_faults("loss,meteor", m.faults, unknown));
  CHECK(unknown == "meteor");
}

TEST_CASE("a violation names its invariant") {
  CHECK(invariant_of("S4: ghost: it is back") == "S4");
  CHECK(invariant_of("at 1200 ms: S11: gaps, at n0") == "S11");
  CHECK(invariant_of("options: wrong").empty());
}

TEST_CASE("nodes of several shards agree in each") {
  auto m = with("all");
  m.shards = 3;
  all_pass(3000, 10, m);
}

TEST_CASE("the result at rest does not depend on the order of delivery") {
  for (std::uint64_t seed = 4000; seed < 4010; ++seed) {
    const auto s = drawn(seed, with("loss,reordering,crash,clog"));
    const auto one = play(s);
    REQUIRE(one.what == "");
    const auto other = play_in_other_order(s, one);
    CHECK(other.what == "");
    CHECK(other.digest != one.digest);
    CHECK(other.contents == one.contents);
  }
}

TEST_CASE("nodes of a later version are understood, and what is new is skipped and counted") {
  std::uint64_t skipped = 0;
  for (std::uint64_t seed = 1; seed <= 5; ++seed) {
    const auto was = run(seed, with("version"));
    CHECK(was.what == "");
    skipped += was.count.unknown;
  }
  CHECK(skipped > 0);
}
