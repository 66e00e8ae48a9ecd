// The extendible hash from hashes to handles.
#include "crdt/table/handle_index.hpp"

#include "crdt/table/actor_index.hpp"
#include "test/catch.hpp"

#include <map>
#include <random>
#include <set>

using namespace rollcall::crdt;

namespace {

bool holds(const handle_index& index, std::uint32_t hash, handle h) {
  return index.find(hash, [h](handle x) { return x == h; }) == h;
}

// Random inserts and erases with hashes out of `hash_of`, against a map.
template <class HashOf>
void against_a_map(unsigned seed, int steps, std::size_t most, HashOf hash_of) {
  handle_index index;
  std::map<handle, std::uint32_t> model;
  std::mt19937 random{seed};
  handle next = 1;
  auto growing = true;
  for (int i = 0; i < steps; ++i) {
    if (model.size() >= most) growing = false;
    if (model.empty()) growing = true;
    if (random() % 10 < (growing ? 7u : 3u) || model.empty()) {
      auto hash = hash_of(random);
      index.insert(hash, next);
      model[next++] = hash;
    } else {
      auto it = model.lower_bound(static_cast<handle>(random() % next));
      if (it == model.end()) it = model.begin();
      index.erase(it->second, it->first);
      REQUIRE_FALSE(holds(index, it->second, it->first));
      model.erase(it);
    }
    REQUIRE(index.size() == model.size());
  }
  for (auto& [h, hash] : model) REQUIRE(holds(index, hash, h));
  std::set<handle> seen;
  index.for_each([&](handle h) { seen.insert(h); });
  REQUIRE(seen.size() == model.size());
  for (auto& [h, hash] : model) index.erase(hash, h);
  CHECK(index.size() == 0);
  CHECK(index.bytes_held() == 0);
}

} // namespace

TEST_CASE("an index of handles agrees with a map") {
  against_a_map(1, 200'000, 20'000, [](auto& r) { return static_cast<std::uint32_t>(r()); });
}

TEST_CASE("an index of handles bears hashes that agree in their upper bits") {
  against_a_map(2, 60'000, 12'000,
                [](auto& r) { return static_cast<std::uint32_t>(r() & 0xFFFF); });
}

TEST_CASE("an index of handles bears hashes that agree in their lower bits") {
  against_a_map(3, 30'000, 3'000, [](auto& r) { return static_cast<std::uint32_t>(r() << 20); });
}

TEST_CASE("an index of handles bears hashes that are all the same") {
  against_a_map(4, 12'000, 5'000, [](auto&) { return 0xDEADBEEFu; });
}

TEST_CASE("a large index of handles takes less than 20 bytes for each") {
  handle_index index;
  std::mt19937 random{5};
  for (handle h = 1; h <= 300'000; ++h) index.insert(static_cast<std::uint32_t>(random()), h);
  CHECK(index.bytes_held() < 300'000 * 20);
}

namespace {

struct actors {
  arena mem;
  actor_index index{mem};

  handle add(std::uint64_t actor) {
    auto h = mem.allocate(record::bytes(record::has_links, 1, 0));
    auto& r = *mem.at<record>(h);
    r.actor = actor;
    r.layout = record::has_links;
    r.state = 0;
    index.add(h);
    return h;
  }
  std::multiset<handle> of(std::uint64_t actor) {
    std::multiset<handle> out;
    for (auto h = index.first(actor); h; h = index.next(h)) out.insert(h);
    return out;
  }
};

} // namespace

TEST_CASE("the presences of an actor are chained, counted and unchained in any order") {
  actors a;
  std::map<std::uint64_t, std::multiset<handle>> model;
  std::mt19937 random{6};
  for (int i = 0; i < 20'000; ++i) {
    std::uint64_t actor = random() % 50;
    auto& its = model[actor];
    if (random() % 2 || its.empty()) {
      its.insert(a.add(actor));
    } else {
      auto it = its.begin();
      std::advance(it, static_cast<std::ptrdiff_t>(random() % its.size()));
      a.index.remove(*it);
      its.erase(it);
    }
    REQUIRE(a.index.count(actor) == its.size());
    if (i % 100 == 0) REQUIRE(a.of(actor) == its);
  }
  for (auto& [actor, its] : model) REQUIRE(a.of(actor) == its);
}

TEST_CASE("an actor with very many presences loses each as quickly as the first") {
  actors a;
  std::vector<handle> all;
  for (int i = 0; i < 200'000; ++i) all.push_back(a.add(1));
  std::shuffle(all.begin(), all.end(), std::mt19937{8}); // quadratic would never end
  for (auto h : all) a.index.remove(h);
  CHECK(a.index.count(1) == 0);
  CHECK(a.index.first(1) == 0);
}
