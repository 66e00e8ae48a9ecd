// The arena, the slices' numbers.
#include "crdt/table/arena.hpp"

#include "crdt/table/slice_table.hpp"
#include "test/catch.hpp"

#include <cstring>
#include <map>
#include <random>

using namespace rollcall;
using namespace rollcall::crdt;

TEST_CASE("what is allocated in an arena does not overlap and keeps its bytes") {
  arena mem;
  std::mt19937 random{7};
  std::map<handle, std::pair<std::size_t, unsigned char>> held;
  for (int i = 0; i < 20'000; ++i) {
    if (random() % 5 < 3 || held.empty()) {
      auto size = random() % 20 == 0 ? random() % 70'000 : random() % 300;
      auto h = mem.allocate(size);
      auto fill = static_cast<unsigned char>(random());
      REQUIRE(h != 0);
      REQUIRE(held.count(h) == 0);
      REQUIRE(reinterpret_cast<std::uintptr_t>(mem.at<char>(h)) % 8 == 0);
      std::memset(mem.at<char>(h), fill, size);
      held[h] = {size, fill};
    } else {
      auto i2 = held.lower_bound(static_cast<handle>(random()));
      if (i2 == held.end()) i2 = held.begin();
      auto [size, fill] = i2->second;
      auto* p = mem.at<unsigned char>(i2->first);
      for (std::size_t j = 0; j < size; ++j) REQUIRE(p[j] == fill);
      mem.free(i2->first);
      held.erase(i2);
    }
    REQUIRE(mem.objects() == held.size());
  }
}

TEST_CASE("an arena rounds up by at most an eighth, and nodes to whole cache lines") {
  for (std::size_t n = 1; n <= 8192; ++n) {
    auto r = arena::rounded(n);
    REQUIRE(r >= n);
    REQUIRE(r <= n + std::max<std::size_t>(7, n / 8));
  }
  arena mem;
  for (std::size_t n : {64u, 128u, 192u, 256u, 384u, 512u, 640u, 768u, 896u, 1024u})
    for (int i = 0; i < 40; ++i)
      CHECK(reinterpret_cast<std::uintptr_t>(mem.at<char>(mem.allocate(n))) % 64 == 0);
}

TEST_CASE("an emptied arena gives its slabs back") {
  arena mem;
  std::vector<handle> held;
  auto round = [&] {
    for (int i = 0; i < 200'000; ++i) held.push_back(mem.allocate(i % 1000 == 0 ? 20'000 : 80));
    auto most = mem.bytes_held();
    for (auto h : held) mem.free(h);
    held.clear();
    return most;
  };
  auto most = round();
  auto after = mem.bytes_held();
  CHECK(most > 16'000'000);
  CHECK(after < 200'000);
  for (int i = 0; i < 5; ++i) round();
  CHECK(mem.bytes_held() == after);
}

TEST_CASE("what was allocated in one pool between objects of another gives its slabs back") {
  arena mem;
  std::vector<handle> stay, go;
  for (int i = 0; i < 100'000; ++i) {
    if (i % 100 == 0) stay.push_back(mem.allocate(80, 1));
    go.push_back(mem.allocate(i % 1000 == 0 ? 20'000 : 80, 2));
  }
  CHECK(mem.bytes_held() > 9'000'000);
  for (auto h : go) mem.free(h);
  CHECK(mem.bytes_held() < 300'000);
  CHECK(mem.objects() == stay.size());
  for (auto h : stay) mem.free(h);
}

TEST_CASE("a pool of few objects takes at most twice their bytes and half a kilobyte") {
  for (int objects : {1, 4, 10, 100, 1000}) {
    arena mem;
    const auto none = mem.bytes_held();
    mem.free(mem.allocate(96, 7));
    const auto own = mem.bytes_held() - none; // the pool, the directory
    std::vector<handle> held;
    for (int i = 0; i < objects; ++i) held.push_back(mem.allocate(96, 7));
    const auto bytes = mem.bytes_held() - none - own;
    CHECK(bytes <= 2 * 96 * static_cast<std::size_t>(objects) * 8 / 7 + 512);
    for (auto h : held) mem.free(h);
    CHECK(mem.bytes_held() == none + own);
  }
}

TEST_CASE("the number of a slice is reused only when its last record is gone") {
  slice_table slices;
  auto a = slices.open({"a", {1, 2}}, true);
  auto b = slices.open({"b", {3, 4}}, false);
  CHECK(a != b);
  CHECK(a != 0);
  CHECK(slices.replica(b).name == "b");
  CHECK(slices.local(a));
  slices.add_record(b);
  slices.close(b);
  auto c = slices.open({"c", {5, 6}}, false);
  CHECK(c != b);
  CHECK(slices.replica(b).name == "b");
  slices.drop_record(b);
  CHECK(slices.open({"d", {7, 8}}, false) == b);
  CHECK(slices.in_use() == 3);
}

TEST_CASE("many slices keep their replicas where they are") {
  slice_table slices;
  std::vector<const replica_id*> seen;
  for (std::uint64_t i = 1; i <= 5000; ++i) {
    auto n = slices.open({"node" + std::to_string(i), {i, i}}, false);
    REQUIRE(n == i);
    seen.push_back(&slices.replica(n));
  }
  for (slice_no n = 1; n <= 5000; ++n) {
    REQUIRE(&slices.replica(n) == seen[n - 1]);
    REQUIRE(slices.replica(n).inc.salt == n);
  }
}
