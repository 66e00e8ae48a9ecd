#include "cluster/mesh/backoff.hpp"

#include "test/catch.hpp"

#include <set>
#include <vector>

using namespace rollcall::cluster;
using namespace std::chrono_literals;

TEST_CASE("waits grow from the first to the most, and stay between half and whole") {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    random_stream random{seed};
    backoff wait{{100ms, 3000ms}};
    std::chrono::milliseconds whole = 100ms;
    for (std::uint32_t i = 0; i < 50; ++i) {
      CHECK(wait.failures() == i);
      const auto x = wait.next(random);
      CHECK(x >= whole / 2);
      CHECK(x <= whole);
      whole = std::min<std::chrono::milliseconds>(whole * 2, 3000ms);
    }
    wait.reset();
    CHECK(wait.failures() == 0);
    CHECK(wait.next(random) <= 100ms);
  }
}

TEST_CASE("the same seed gives the same waits, another seed others") {
  auto waits = [](std::uint64_t seed) {
    random_stream random{seed};
    backoff wait{{1000ms, 60'000ms}};
    std::vector<std::int64_t> result;
    for (int i = 0; i < 10; ++i) result.push_back(wait.next(random).count());
    return result;
  };
  CHECK(waits(7) == waits(7));
  std::set<std::vector<std::int64_t>> all;
  for (std::uint64_t seed = 0; seed < 100; ++seed) all.insert(waits(seed));
  CHECK(all.size() == 100);
}

TEST_CASE("odd bounds neither hang nor overflow") {
  random_stream random{1};
  backoff nothing{{0ms, 0ms}};
  for (int i = 0; i < 100; ++i) CHECK(nothing.next(random) == 1ms);
  backoff turned{{500ms, 10ms}};
  for (int i = 0; i < 100; ++i) CHECK(turned.next(random) <= 500ms);
  const auto most = std::chrono::milliseconds::max();
  backoff huge{{1ms, most}};
  for (int i = 0; i < 200; ++i) {
    const auto x = huge.next(random);
    CHECK(x >= 1ms);
    CHECK(x <= most);
  }
}
