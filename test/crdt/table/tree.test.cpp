// The persistent trees, against ordered sets.
#include "crdt/table/tree_batch.hpp"
#include "crdt/table/tree_editor.hpp"
#include "crdt/table/tree_reader.hpp"
#include "test/catch.hpp"

#include <map>
#include <random>
#include <set>
#include <string>
#include <tuple>

using namespace rollcall::crdt;

namespace {

using identity = std::tuple<std::string, slice_no, std::uint64_t>;

// A tree, a model of it, and what it was at some moments before.
struct trees {
  arena mem;
  std::uint64_t version = 1;
  handle garbage = 0;
  handle root = 0;
  std::map<identity, handle> model;
  std::vector<std::pair<handle, std::map<identity, handle>>> moments;

  handle make(const identity& id) {
    auto& [key, slice, actor] = id;
    auto h = mem.allocate(record::bytes(0, key.size(), 0));
    auto& r = *mem.at<record>(h);
    r.actor = actor;
    r.slice = slice;
    r.key_bytes = static_cast<std::uint16_t>(key.size());
    r.meta_bytes = 0;
    r.layout = r.state = 0;
    key.copy(r.raw() + record::key_offset(0), key.size());
    return h;
  }
  void insert(const identity& id) {
    auto [it, fresh] = model.try_emplace(id, 0);
    if (!fresh) return;
    it->second = make(id);
    root = tree_editor{mem, version, garbage}.insert(root, it->second);
  }
  void erase(const identity& id) {
    auto it = model.find(id);
    if (it == model.end()) return;
    root = tree_editor{mem, version, garbage}.erase(root, it->second);
    model.erase(it);
  }
  /// Both at once. What comes and is there already must be left out.
  void batch(const std::vector<identity>& gone, const std::vector<identity>& come) {
    std::vector<tree_edit> edits;
    std::map<handle, identity> fresh;
    auto edit = [&](handle h, bool goes) {
      edits.push_back({key_window{mem.at<record>(h)->key()}, h, 1, false, goes});
    };
    for (auto& id : gone) {
      auto it = model.find(id);
      if (it == model.end()) continue;
      edit(it->second, true);
      model.erase(it);
    }
    for (auto& id : come) {
      auto h = make(id);
      fresh.emplace(h, id);
      edit(h, false);
    }
    if (edits.empty()) return;
    sort_edits(mem, edits, spare);
    std::vector<handle> left_out;
    root =
        tree_batch{mem, version, garbage, memory}.apply(root, edits.data(), edits.size(), left_out);
    for (auto h : left_out) {
      dropped.insert(fresh.at(h));
      fresh.erase(h);
    }
    for (auto& [h, id] : fresh) REQUIRE(model.emplace(id, h).second);
    for (auto& id : dropped) REQUIRE(model.count(id) == 1);
    dropped.clear();
  }
  batch_memory memory;
  std::vector<tree_edit> spare;
  std::set<identity> dropped;
  void moment() {
    moments.emplace_back(root, model);
    ++version;
  }

  void check(handle r, const std::map<identity, handle>& m) const {
    REQUIRE(tree_sound(mem, r));
    REQUIRE(tree_size(mem, r) == m.size());
    std::uint32_t rank = 0;
    for (auto& [id, h] : m) {
      auto what = search_key{*mem.at<record>(h)};
      REQUIRE(tree_find(mem, r, what) == h);
      auto p = tree_lower(mem, r, what);
      REQUIRE(p.rank == rank);
      REQUIRE(p.leaf->entries()[p.index].what == h);
      p = tree_at(mem, r, rank++);
      REQUIRE(p.leaf->entries()[p.index].what == h);
    }
  }
  void check_absent(const identity& id) const {
    auto& [key, slice, actor] = id;
    auto what = search_key{key, slice, actor};
    auto found = model.count(id) != 0;
    REQUIRE((tree_find(mem, root, what) != 0) == found);
    auto before = std::distance(model.begin(), model.lower_bound(id));
    REQUIRE(tree_lower(mem, root, what).rank == static_cast<std::uint32_t>(before));
  }
};

template <class MakeKey>
void against_a_map(unsigned seed, int steps, std::size_t most, MakeKey make_key) {
  trees t;
  std::mt19937 random{seed};
  auto draw = [&] { return identity{make_key(random), 1 + random() % 3, random() % 3}; };
  auto growing = true;
  for (int i = 0; i < steps; ++i) {
    if (t.model.size() >= most) growing = false;
    if (t.model.empty()) growing = true;
    if (random() % 10 < (growing ? 8u : 2u)) {
      t.insert(draw());
    } else if (!t.model.empty()) {
      auto it = t.model.lower_bound(draw());
      t.erase(it == t.model.end() ? t.model.begin()->first : it->first);
    }
    if (i % 31 == 0) {
      std::vector<identity> gone, come;
      auto much = i % 5 == 0 ? 400u : 12u;
      for (auto n = random() % much; n > 0; --n) {
        auto it = t.model.lower_bound(draw());
        if (it != t.model.end()) gone.push_back(it->first);
        if (it != t.model.end() && n % 8 == 0) come.push_back(it->first); // an update
        if (growing || n % 2) come.push_back(draw());
      }
      t.batch(gone, come);
      if (i % 3 == 0) t.check(t.root, t.model);
    }
    if (i % 16 == 0) t.check_absent(draw());
    if (i % 97 == 0) t.moment();
    if (i % 1999 == 0) t.check(t.root, t.model);
  }
  t.check(t.root, t.model);
  for (std::size_t i = 0; i < t.moments.size(); i += 7)
    t.check(t.moments[i].first, t.moments[i].second);
  while (!t.model.empty()) t.erase(t.model.begin()->first);
  CHECK(t.root == 0);
}

std::string digits(std::mt19937& r, int n, unsigned base) {
  std::string s;
  for (int i = 0; i < n; ++i) s += static_cast<char>('0' + r() % base);
  return s;
}

} // namespace

TEST_CASE("a tree of short keys agrees with a map, and older versions stay what they were") {
  against_a_map(1, 12'000, 2'000,
                [](auto& r) { return digits(r, 1 + static_cast<int>(r() % 5), 10); });
}

TEST_CASE("a tree of keys that share a long beginning agrees with a map") {
  against_a_map(2, 12'000, 2'000,
                [](auto& r) { return "organization/customer-" + digits(r, 5, 10); });
}

TEST_CASE("a tree agrees with a map when some keys share long beginnings and others do not") {
  against_a_map(3, 12'000, 2'000, [](auto& r) {
    static const char* heads[] = {"",
                                  "a",
                                  "same-beginning-",
                                  "same-beginning-and-more-",
                                  "same-b",
                                  "zz-another-long-beginning-of-a-key-"};
    return heads[r() % 6] + digits(r, 1 + static_cast<int>(r() % 4), 4);
  });
}

TEST_CASE("a tree tells keys with zeros at their end apart") {
  against_a_map(4, 4'000, 300, [](auto& r) {
    const auto zeros = r() % 30, more = r() % 2; // in this order with every compiler
    return std::string("k") + std::string(zeros, '\0') + std::string(more, 'x');
  });
}

TEST_CASE("a tree of one key and many actors agrees with a map") {
  trees t;
  std::mt19937 random{5};
  for (std::uint64_t i = 0; i < 3000; ++i)
    t.insert({"one-key-for-all", 1 + random() % 4, random() % 10'000});
  t.check(t.root, t.model);
  auto lower = tree_lower(t.mem, t.root, search_key::before("one-key-for-all")).rank;
  auto upper = tree_lower(t.mem, t.root, search_key::after("one-key-for-all")).rank;
  CHECK(lower == 0);
  CHECK(upper == t.model.size());
}

TEST_CASE("edits are in order of tree, key, slice, actor, few or many") {
  for (auto count : {100u, 3000u}) {
    trees t;
    std::mt19937 random{count};
    std::vector<tree_edit> edits;
    for (auto i = 0u; i < count; ++i) {
      const auto long_head = random() % 4 == 0 ? std::string(12, 'k') : std::string{};
      auto h = t.make({long_head + digits(random, 2, 10), 1 + random() % 3, random() % 1000});
      edits.push_back({key_window{t.mem.at<record>(h)->key()}, h,
                       static_cast<handle>(1 + 256 * (random() % 3)), random() % 2 == 0,
                       random() % 2 == 0});
    }
    sort_edits(t.mem, edits, t.spare);
    REQUIRE(edits.size() == count);
    const auto order = [&](const tree_edit& x) {
      const auto& r = *t.mem.at<record>(x.what);
      return std::tuple{x.topic, x.hidden, std::string{r.key()}, r.slice, r.actor, !x.gone};
    };
    CHECK(std::is_sorted(edits.begin(), edits.end(),
                         [&](const auto& a, const auto& b) { return order(a) < order(b); }));
  }
}

TEST_CASE("a tree bears keys that come in order, and in reverse") {
  for (bool reverse : {false, true}) {
    trees t;
    for (unsigned i = 0; i < 5000; ++i) {
      auto n = reverse ? 99999 - i : 10000 + i;
      t.insert({"user-number-" + std::to_string(n), 1, 1});
      if (i % 50 == 0) t.moment();
    }
    t.check(t.root, t.model);
    for (unsigned i = 0; i < 5000; ++i) {
      auto n = reverse ? 99999 - i : 10000 + i;
      t.erase({"user-number-" + std::to_string(n), 1, 1});
    }
    CHECK(t.root == 0);
  }
}

TEST_CASE("a batch makes a tree of nothing, and nothing of a tree") {
  trees t;
  std::vector<identity> all;
  for (unsigned i = 0; i < 20'000; ++i) all.push_back({"user-number-" + std::to_string(i), 1, i});
  t.batch({}, all);
  t.check(t.root, t.model);
  t.moment();
  t.batch({}, {all.begin(), all.begin() + 100}); // all are left out
  t.check(t.root, t.model);
  std::vector<identity> most(all.begin() + 3, all.end());
  t.batch(most, {});
  t.check(t.root, t.model);
  CHECK(t.model.size() == 3);
  CHECK(t.mem.at<tree_node>(t.root)->level <= 1);
  t.batch(all, {});
  CHECK(t.root == 0);
  t.check(t.moments[0].first, t.moments[0].second);
}

TEST_CASE("the tree of one presence takes 32 bytes") {
  trees t;
  t.insert({"key", 1, 1});
  CHECK(arena::rounded(sizeof(tree_node) + sizeof(tree_entry)) == 32);
  CHECK(t.mem.at<tree_node>(t.root)->room == 1);
}
