#include "tools/faults/load.hpp"

#include "test/catch.hpp"

#include <map>
#include <set>

using namespace rollcall::faults;

TEST_CASE("load: keeps near its target, uses every operation, and one at a time for each actor") {
  load l({});
  rollcall::cluster::random_stream random{3};
  element_id next = 1;
  std::map<operation::kind, int> counts;
  std::set<element_id> alive;
  std::vector<operation> open;
  std::set<int> busy;
  for (int i = 0; i < 20'000; ++i) {
    if (auto op = l.next(random, next)) {
      REQUIRE(busy.insert(op->actor).second);
      if (op->what != operation::kind::track) {
        REQUIRE_FALSE(op->ends.empty());
      }
      open.push_back(*op);
    }
    if (open.size() > 3 || random.up_to(1) == 0) {
      if (open.empty()) continue;
      const auto op = open.front();
      open.erase(open.begin());
      busy.erase(op.actor);
      l.answered(op, true);
      ++counts[op.what];
      for (const auto id : op.ends) REQUIRE(alive.erase(id) == 1);
      if (op.adds != 0) REQUIRE(alive.insert(op.adds).second);
      REQUIRE(l.living() == alive.size());
    }
  }
  CHECK(counts.size() == 4);
  CHECK(alive.size() > 10);
  CHECK(alive.size() < 60);
}

TEST_CASE("load: an operation that was refused changes nothing") {
  load l({1, 1, 1, 1});
  rollcall::cluster::random_stream random{3};
  element_id next = 1;
  const auto op = l.next(random, next);
  REQUIRE(op);
  CHECK_FALSE(l.next(random, next)); // its only actor waits
  l.answered(*op, false);
  CHECK(l.living() == 0);
  const auto again = l.next(random, next);
  REQUIRE(again);
  CHECK(again->what == operation::kind::track);
}
