#include "crdt/interval_set.hpp"

#include "test/catch.hpp"

#include <rapidcheck.h>

#include <cstdint>
#include <set>

using rollcall::crdt::interval_set;
using runs = std::vector<interval_set::interval>;

TEST_CASE("an interval set joins what touches") {
  interval_set s;
  s.insert(2, 4);
  s.insert(6, 8);
  CHECK(s.intervals() == 2);
  s.insert(4, 6);
  CHECK(s.runs() == runs{{2, 8}});
  s.insert(0, 1);
  CHECK(s.runs() == runs{{0, 1}, {2, 8}});
  s.insert(2);
  CHECK(s.runs() == runs{{0, 8}});
  s.insert(9, 9);
  s.insert(9, 3);
  CHECK(s.runs() == runs{{0, 8}});
}

TEST_CASE("an interval set keeps the upper part of an interval that is cut") {
  interval_set s;
  s.insert(0, 3);
  s.insert(5, 9);
  s.erase_up_to(7);
  CHECK(s.runs() == runs{{7, 9}});
  CHECK(!s.contains(7));
  CHECK(s.contains(8));
  s.erase_up_to(9);
  CHECK(s.empty());
}

TEST_CASE("an interval set reaches to the greatest clock there is") {
  interval_set s;
  s.insert(0, UINT64_MAX);
  CHECK(s.contains(UINT64_MAX));
  CHECK(s.run_after(0) == UINT64_MAX);
  CHECK(s.count() == UINT64_MAX);
}

TEST_CASE("appending is inserting") {
  CHECK(rc::check("push_back", [](const std::set<std::uint16_t>& xs) {
    interval_set a, b;
    for (auto x : xs) {
      a.push_back(x + 1u);
      b.insert(x + 1u);
    }
    RC_ASSERT(a == b);
    RC_ASSERT(a.count() == xs.size());
  }));
}

TEST_CASE("an interval set is a set of numbers, whatever is done to it") {
  CHECK(rc::check("as std::set", [] {
    interval_set s;
    std::set<std::uint64_t> model;
    const auto steps = *rc::gen::inRange(0, 40);
    for (int i = 0; i < steps; ++i) {
      const auto a = *rc::gen::inRange<std::uint64_t>(0, 60);
      const auto b = a + *rc::gen::inRange<std::uint64_t>(0, 8);
      if (*rc::gen::inRange(0, 8) == 0) {
        s.erase_up_to(a);
        model.erase(model.begin(), model.upper_bound(a));
      } else {
        s.insert(a, b);
        for (auto x = a + 1; x <= b; ++x) model.insert(x);
      }
      RC_ASSERT(s.count() == model.size());
      RC_ASSERT(s.empty() == model.empty());
      RC_ASSERT(s.last() == (model.empty() ? 0 : *model.rbegin()));
      for (std::uint64_t x = 0; x < 70; ++x) {
        RC_ASSERT(s.contains(x) == (model.count(x) == 1));
        auto run = x;
        while (model.count(run + 1)) ++run;
        RC_ASSERT(s.run_after(x) == run);
      }
      for (std::size_t k = 0; k < s.runs().size(); ++k) {
        RC_ASSERT(s.runs()[k].a < s.runs()[k].b);
        RC_ASSERT((k == 0 || s.runs()[k - 1].b < s.runs()[k].a));
      }
    }
  }));
}
