#include "crdt/dot_index.hpp"

#include "test/catch.hpp"

#include <rapidcheck.h>

#include <cstdint>
#include <map>
#include <random>
#include <set>
#include <utility>
#include <vector>

using rollcall::crdt::dot;
using rollcall::crdt::dot_index;
using rollcall::crdt::handle;

namespace {

using model = std::map<dot, handle>;

model content(const dot_index& x, dot a = 0, dot b = UINT64_MAX) {
  model out;
  dot last = 0;
  x.walk(a, b, [&](dot d, handle h) {
    if (d <= last) throw "not ascending";
    last = d;
    out.emplace(d, h);
    return true;
  });
  return out;
}

handle some(dot d) { return static_cast<handle>(d * 2654435761u) | 1u; }

} // namespace

TEST_CASE("a presence that stays while ten million come and go keeps the dot index small") {
  dot_index x;
  x.insert(1, some(1));
  std::size_t most = 0, leaves = 0;
  bool found = true;
  for (dot d = 2; d <= 10'000'000; ++d) {
    x.insert(d, some(d));
    if (d > 101) found &= x.erase(d - 100) == some(d - 100);
    if (d % 1000 == 0) {
      most = std::max(most, x.memory_bytes());
      leaves = std::max(leaves, x.leaves());
    }
  }
  CHECK(found);
  CHECK(x.find(1) == some(1));
  CHECK(x.size() == 101);
  CHECK(leaves <= 3);
  CHECK(most < 64 * 1024);
}

TEST_CASE("one survivor in every 4096 dots does not cost a block each") {
  dot_index x;
  constexpr dot n = 4'000'000;
  for (dot d = 1; d <= n; ++d) x.insert(d, some(d));
  CHECK(x.memory_bytes() < n * 6);
  bool found = true;
  for (dot d = 1; d <= n; ++d)
    if (d % 4096 != 77) found &= x.erase(d) == some(d);
  CHECK(found);
  CHECK(x.size() == n / 4096 + 1);
  CHECK(x.memory_bytes() < x.size() * 100);
  CHECK(x.leaves() < 8);
  for (dot d = 77; d <= n; d += 4096) REQUIRE(x.find(d) == some(d));
}

TEST_CASE("dots far apart, put in any order, share leaves") {
  for (const bool ascending : {true, false}) {
    dot_index x;
    for (dot i = 1; i <= 10'000; ++i) {
      const auto d = (ascending ? i : 10'001 - i) << 30;
      x.insert(d, some(d));
    }
    CHECK(x.leaves() < 40);
    CHECK(content(x).size() == 10'000);
  }
}

TEST_CASE("the dot index holds the greatest dot there is") {
  dot_index x;
  x.insert(UINT64_MAX, 7);
  x.insert(1, 8);
  CHECK(x.find(UINT64_MAX) == 7);
  CHECK(content(x) == model{{1, 8}, {UINT64_MAX, 7}});
  CHECK(content(x, UINT64_MAX - 1) == model{{UINT64_MAX, 7}});
  for (dot d = UINT64_MAX - 1; d > UINT64_MAX - 4096; --d) x.insert(d, some(d));
  CHECK(content(x, UINT64_MAX - 4096).size() == 4096);
}

TEST_CASE("the dot index is a map in order, whatever is done to it") {
  // Dense stretches, thin ones and far ones; grown, thinned out, and emptied.
  for (std::uint32_t seed = 1; seed <= 8; ++seed) {
    std::mt19937 r{seed};
    dot_index x;
    model m;
    const auto pick = [&]() -> dot {
      switch (r() % 4) {
      case 0:
        return 1 + r() % 9'000;
      case 1:
        return 100'000 + r() % 60'000;
      case 2:
        return 4096 * (1 + r() % 3000) + r() % 2;
      default:
        return (dot{r()} << 20) + 1;
      }
    };
    const auto same = [&] {
      REQUIRE(x.size() == m.size());
      REQUIRE(content(x) == m);
      for (int i = 0; i < 20; ++i) {
        const auto a = pick(), b = a + r() % 50'000;
        REQUIRE(content(x, a, b) == model(m.upper_bound(a), m.upper_bound(b)));
        REQUIRE(x.find(a) == (m.count(a) ? m[a] : 0));
      }
    };
    for (int phase = 0; phase < 6; ++phase) {
      const auto grow = r() % 3 != 0;
      for (int i = 0; i < 6'000; ++i) {
        if (grow ? r() % 8 != 0 : r() % 8 == 0) {
          const auto d = pick();
          if (m.emplace(d, some(d)).second) x.insert(d, some(d));
        } else if (!m.empty()) {
          auto at = m.lower_bound(pick());
          if (at == m.end()) at = m.begin();
          REQUIRE(x.erase(at->first) == at->second);
          REQUIRE(x.erase(at->first) == 0);
          m.erase(at);
        }
      }
      same();
      // Many at once: some that are there, some that are not.
      const std::size_t many = r() % 2 == 0 ? 100 : 2'000;
      std::set<dot> asked;
      for (std::size_t i = 0; i < many; ++i) {
        const auto at = m.lower_bound(pick());
        asked.insert(at == m.end() || i % 8 == 0 ? pick() : at->first);
      }
      std::vector<std::pair<dot, handle>> found, expected;
      x.find_all({asked.begin(), asked.end()}, [&](dot d, handle h) { found.emplace_back(d, h); });
      for (const auto d : asked)
        if (const auto at = m.find(d); at != m.end()) expected.emplace_back(*at);
      REQUIRE(found == expected);
      x.erase_all(found);
      for (const auto& [d, h] : found) m.erase(d);
      same();
    }
    while (!m.empty()) {
      const auto n = 1 + r() % 3'000;
      std::size_t taken = 0;
      x.take_back(n, [&](dot d, handle h) {
        ++taken;
        REQUIRE(d == m.rbegin()->first);
        REQUIRE(h == m.rbegin()->second);
        m.erase(d);
      });
      REQUIRE(taken <= n);
      REQUIRE((taken == n || m.empty()));
      if (r() % 4 == 0) same();
    }
    REQUIRE(x.empty());
    REQUIRE(x.leaves() == 0);
  }
}

TEST_CASE("a full leaf whose lowest dots are gone takes a dot from there") {
  dot_index x;
  model m;
  const auto put = [&](dot d) {
    x.insert(d, some(d));
    m.emplace(d, some(d));
  };
  put(1); // from here on, up to block 5, one leaf
  for (dot d = 5 * 4096; m.size() < 1024; ++d) put(d);
  x.erase(1);
  m.erase(1);
  put(6 * 4096 - 1);
  REQUIRE(x.leaves() == 1);
  put(2 * 4096 + 7);
  put(1);
  CHECK(content(x) == m);
  CHECK(x.leaves() == 2);
  for (auto [d, h] : m) REQUIRE(x.find(d) == h);
  for (auto [d, h] : m) REQUIRE(x.erase(d) == h);
  CHECK(x.empty());
}
