#include "tools/replay/ledger.hpp"

#include "test/catch.hpp"

using namespace rollcall;
using namespace rollcall::replay;

namespace {

const replica_id r1{"r1", {1, 0}};

value at(crdt::dot dot, const std::string& key) { return {"t", "p", key, "", r1, dot}; }

bool says(const std::string& why, const std::string& what) {
  INFO(why);
  return why.find(what) != std::string::npos;
}

// Clock 1: a is born; 2: b is born; 3, 4: b is updated; 5: a dies.
ledger told() {
  ledger l;
  CHECK(l.born(at(1, "a")).empty());
  CHECK(l.born(at(2, "b")).empty());
  CHECK(l.died(at(2, "b")).empty());
  CHECK(l.born(at(4, "b")).empty());
  CHECK(l.died(at(1, "a")).empty());
  return l;
}

} // namespace

TEST_CASE("copies of every clock are sound and complete") {
  const auto l = told();
  CHECK(l.clock() == 5);
  CHECK(l.living() == value_set{at(4, "b")});
  CHECK(l.judge({}, 0).empty());
  CHECK(l.judge({at(1, "a")}, 1).empty());
  CHECK(l.judge({at(1, "a"), at(4, "b")}, 4).empty());
  CHECK(l.judge({at(4, "b")}, 5).empty());
}

TEST_CASE("a copy may know a death or a birth beyond its clock") {
  CHECK(told().judge({}, 3).empty());
  CHECK(told().judge({at(1, "a"), at(4, "b")}, 1).empty());
}

TEST_CASE("a copy that lacks what lives is not sound") {
  CHECK(says(told().judge({}, 5), "not sound"));
}

TEST_CASE("a copy that holds what was dead at its clock is not complete") {
  CHECK(says(told().judge({at(1, "a"), at(4, "b")}, 5), "not complete"));
}

TEST_CASE("a copy holds nothing that never was, nothing twice, and is not ahead of its owner") {
  CHECK(says(told().judge({at(3, "b")}, 3), "never was"));
  CHECK(says(told().judge({at(4, "c")}, 4), "never was"));
  CHECK(says(told().judge({at(2, "b"), at(4, "b")}, 1), "two of one"));
  CHECK(says(told().judge({at(4, "b")}, 6), "its owner at 5"));
}

TEST_CASE("each join and each leave takes the next clock, once") {
  ledger l;
  CHECK(says(l.born(at(2, "a")), "another dot"));
  CHECK(says(l.died(at(9, "a")), "not there"));
}
