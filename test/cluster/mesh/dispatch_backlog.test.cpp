#include "cluster/mesh/dispatch_backlog.hpp"

#include "test/catch.hpp"

#include <limits>

using rollcall::cluster::dispatch_backlog;

TEST_CASE("dispatches to a peer that hands nothing on are bounded in bytes") {
  dispatch_backlog x;
  CHECK(x.take(600, 1000));
  CHECK_FALSE(x.take(401, 1000));
  CHECK(x.take(400, 1000));
  CHECK(x.bytes() == 1000);
  x.done(600);
  CHECK(x.take(600, 1000));
}

TEST_CASE("one dispatch always goes to a peer that is idle, however large") {
  dispatch_backlog x;
  CHECK(x.take(5000, 1000));
  CHECK_FALSE(x.take(1, 1000));
  x.done(std::numeric_limits<std::uint64_t>::max()); // whatever a peer says
  CHECK(x.bytes() == 0);
}
