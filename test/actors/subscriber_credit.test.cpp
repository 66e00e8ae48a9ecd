// How far a subscriber may fall behind: counts only, no actors.
#include "actors/subscriber_credit.hpp"

#include "test/catch.hpp"

using rollcall::actors::subscriber_credit;
using verdict = subscriber_credit::verdict;

namespace {
constexpr subscriber_credit::bounds three{3, 1000};
} // namespace

TEST_CASE("credit: past so many messages a subscriber misses diffs, then the state is due") {
  subscriber_credit c;
  for (int i = 0; i < 3; ++i) {
    REQUIRE(c.offer(1, three) == verdict::send);
    c.sent(1);
  }
  CHECK(c.offer(1, three) == verdict::skip);
  CHECK_FALSE(c.answered(1));
  CHECK(c.offer(1, three) == verdict::skip); // it misses one: all until the state
  CHECK_FALSE(c.answered(1));
  CHECK(c.answered(1));
  c.caught_up();
  CHECK(c.offer(1, three) == verdict::send);
}

TEST_CASE("credit: past so many bytes likewise, though messages are left") {
  subscriber_credit c;
  REQUIRE(c.offer(700, three) == verdict::send);
  c.sent(700);
  CHECK(c.offer(301, three) == verdict::skip);
  CHECK(c.bytes() == 700);
  CHECK(c.answered(700));
  CHECK(c.bytes() == 0);
}

TEST_CASE("credit: one diff passes however large it is, and no second one beside it") {
  subscriber_credit c;
  REQUIRE(c.offer(1'000'000, three) == verdict::send);
  c.sent(1'000'000);
  CHECK(c.offer(1, three) == verdict::skip);
}

TEST_CASE("credit: a state under way counts no bytes, so diffs follow it") {
  subscriber_credit c;
  c.sent(0);
  CHECK(c.offer(1000, three) == verdict::send);
}

TEST_CASE("credit: diffs wait behind a state that is being copied") {
  subscriber_credit c;
  c.copying({2, 100});
  CHECK(c.offer(10, three) == verdict::keep);
  CHECK(c.offer(10, three) == verdict::keep);
  SECTION("and follow it") {
    CHECK(c.copied());
    CHECK(c.offer(10, three) == verdict::send);
  }
  SECTION("too many are given up, and it is copied anew") {
    CHECK(c.offer(10, three) == verdict::give_up);
    CHECK(c.offer(10, three) == verdict::skip);
    CHECK_FALSE(c.copied());
    c.caught_up();
    c.copying({2, 100});
    CHECK(c.offer(10, three) == verdict::keep);
  }
  SECTION("too many bytes, too") { CHECK(c.offer(90, three) == verdict::give_up); }
  SECTION("an answer meanwhile does not make it due twice") {
    c.sent(5);
    CHECK(c.offer(10, three) == verdict::give_up);
    CHECK_FALSE(c.answered(5));
  }
}

TEST_CASE("credit: an answer to what was never sent changes nothing") {
  subscriber_credit c;
  CHECK_FALSE(c.answered(100));
  CHECK(c.messages() == 0);
}
