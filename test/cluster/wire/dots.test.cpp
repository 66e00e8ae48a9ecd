#include "cluster/wire/dots.hpp"

#include "test/catch.hpp"

#include <rapidcheck.h>

#include <random>

using namespace rollcall;
using namespace rollcall::cluster;
using crdt::interval_set;

namespace {

/// Bytes that it takes; fails when it does not come back.
std::size_t packed(const interval_set& set, crdt::dot lo, crdt::dot hi) {
  std::string bytes;
  pack_dots(set, lo, hi, bytes);
  interval_set back;
  CHECK(unpack_dots(bytes, lo, hi, back));
  CHECK((back == set));
  return bytes.size();
}

} // namespace

TEST_CASE("dots: none and all take no more than a few bytes, whatever the clocks") {
  CHECK(packed({}, 0, UINT64_MAX) == 0);
  interval_set all;
  all.insert(0, UINT64_MAX);
  CHECK(packed(all, 0, UINT64_MAX) <= 10);
  all = {};
  all.insert(17, 1'000'000);
  CHECK(packed(all, 17, 1'000'000) <= 3);
  interval_set one;
  one.insert(1'000'000'000'000);
  CHECK(packed(one, 0, UINT64_MAX) <= 16);
}

TEST_CASE("dots: a million dots take at most an eighth of a million bytes, whatever the pattern") {
  constexpr crdt::dot n = 1'000'000;
  std::mt19937_64 random{3};
  for (unsigned percent : {1u, 3u, 10u, 30u, 50u, 70u, 90u, 97u, 99u}) {
    interval_set set;
    for (crdt::dot d = 1; d <= n; ++d)
      if (random() % 100 < percent) set.push_back(d);
    auto size = packed(set, 0, n);
    INFO(percent << " % live: " << size);
    CHECK(size <= n / 8 + 16);
    if (percent == 1 || percent == 99) CHECK(size <= n / 25);
  }
  // Blocks that change their way each time.
  interval_set set;
  for (crdt::dot d = 1; d <= n; ++d)
    if (d / 4096 % 2 == 0 ? random() % 2 == 0 : d % 409 == 0) set.push_back(d);
  CHECK(packed(set, 0, n) <= n / 8 + 16);
}

TEST_CASE("dots: any set within any bounds comes back, and no other dots with it") {
  CHECK(rc::check([](std::uint64_t start, std::uint32_t seed) {
    std::mt19937_64 random{seed};
    auto lo = random() % 2 == 0 ? random() % 10'000 : start / 2;
    auto span = random() % 40'000 + 1;
    interval_set set;
    for (crdt::dot at = lo; at < lo + span;) {
      auto gap = random() % (random() % 3 == 0 ? 9000 : 8);
      auto length = 1 + random() % (random() % 3 == 0 ? 9000 : 8);
      if (at + gap + length > lo + span) break;
      set.insert(at + gap, at + gap + length);
      at += gap + length;
    }
    std::string bytes;
    pack_dots(set, lo, lo + span, bytes);
    RC_ASSERT(bytes.size() <= span / 8 + 16);
    interval_set back;
    RC_ASSERT(unpack_dots(bytes, lo, lo + span, back));
    RC_ASSERT(back == set);
    // Narrower bounds: what is outside of them is left out.
    auto x = lo + random() % span, y = x + random() % (lo + span - x);
    bytes.clear();
    pack_dots(set, x, y, bytes);
    interval_set part, want;
    RC_ASSERT(unpack_dots(bytes, x, y, part));
    for (auto& r : set.runs()) want.insert(std::max(r.a, x), std::min(r.b, y));
    RC_ASSERT(part == want);
  }));
}

TEST_CASE("dots: a hundred thousand random byte strings stay within the bounds or are refused") {
  std::mt19937_64 random{11};
  std::string bytes;
  std::size_t taken = 0;
  for (int i = 0; i < 100'000; ++i) {
    auto lo = random() % 3 == 0 ? random() : random() % 100;
    auto hi = lo + std::min(UINT64_MAX - lo, random() % 5 == 0 ? random() : random() % 9000);
    bytes.resize(random() % 12);
    for (auto& c : bytes) c = static_cast<char>(random() % 2 == 0 ? random() : random() % 8);
    if (random() % 4 == 0) bytes.resize(bytes.size() + 512, '\x55');
    interval_set set;
    if (!unpack_dots(bytes, lo, hi, set)) continue;
    ++taken;
    if (set.empty()) continue;
    if (set.runs().front().a < lo || set.last() > hi) FAIL("out of bounds");
  }
  CHECK(taken > 1000);
}
