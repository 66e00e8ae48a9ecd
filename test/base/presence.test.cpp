#include "rollcall/presence.hpp"

#include "test/catch.hpp"

#include <limits>

using namespace rollcall;

TEST_CASE("replicas, refs and pids have one form in logs") {
  const incarnation inc{1'732'345'678'901'234, 0x9f3a61c2b7d4e5f0};
  CHECK(to_string(inc) == "1732345678901234-9f3a61c2b7d4e5f0");
  CHECK(to_string(replica_id{"a", inc}) == "a@1732345678901234-9f3a61c2b7d4e5f0");
  CHECK(to_string(ref{inc, 17}) == "1732345678901234-9f3a61c2b7d4e5f0-17");
  CHECK(to_string(pid{{"a", inc}, 4711}) == "a#4711");
}

TEST_CASE("lives sort as text as they do as numbers, up to the year 2286") {
  const std::uint64_t last = 9'999'999'999'999'999;
  incarnation before{0, 0};
  for (const incarnation x :
       {incarnation{0, 1}, incarnation{0, 10}, incarnation{9, 0}, incarnation{10, 0},
        incarnation{last, 0}, incarnation{last, std::numeric_limits<std::uint64_t>::max()}}) {
    CHECK(before < x);
    CHECK(to_string(before) < to_string(x));
    before = x;
  }
}
