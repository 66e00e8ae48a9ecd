// How many different keys a topic shows, and how many are under one key.
#include "crdt/table/presence_table.hpp"
#include "test/catch.hpp"

#include <map>
#include <random>
#include <set>
#include <tuple>

using namespace rollcall;
using namespace rollcall::crdt;

namespace {

/// Many presences under few keys, or few under many: runs that are longer than a
/// leaf, that end with one, that begin with one.
struct crowd {
  explicit crowd(unsigned seed) : random(seed) {
    slice = table->open_slice({"b", {1, 1}}, false);
    local = table->open_slice({"a", {1, 2}}, true);
  }

  std::uint64_t draw(std::uint64_t below) {
    return std::uniform_int_distribution<std::uint64_t>{0, below - 1}(random);
  }
  std::string draw_key(std::uint64_t keys) {
    const auto n = draw(keys);
    return (n % 3 == 0 ? "a-prefix-of-more-than-twelve-bytes-" : "k") + std::to_string(n);
  }
  birth make(const std::string& key, std::uint64_t actor) {
    birth b;
    b.dot = ++last_dot;
    b.topic = "room";
    b.key = key;
    b.actor = actor;
    b.meta = about.bytes();
    return b;
  }
  struct member {
    handle h;
    std::string key;
    bool visible;
  };
  void check() {
    table->publish();
    std::map<std::string, std::size_t> shown;
    for (const auto& [id, x] : members)
      if (x.visible) ++shown[x.key];
    REQUIRE(table->sound());
    REQUIRE(table->count_keys("room") == shown.size());
    for (const auto& [key, n] : shown) REQUIRE(table->count_of_key("room", key) == n);
    REQUIRE(table->count_of_key("room", "nobody") == 0);
  }

  std::shared_ptr<presence_table> table = std::make_shared<presence_table>(limits{});
  slice_no slice, local;
  std::mt19937 random;
  meta about{{"n", 1}};
  std::uint64_t last_dot = 0;
  std::map<std::tuple<std::string, std::uint64_t, bool>, member> members;
};

} // namespace

TEST_CASE("the number of keys follows presences that come and go one by one") {
  const auto keys = GENERATE(as<std::uint64_t>{}, 1, 3, 40, 1000);
  crowd c(11 + static_cast<unsigned>(keys));
  for (int i = 0; i < 3000; ++i) {
    const auto what = c.draw(10);
    if (what < 6 - (i > 1500 ? 2u : 0u)) {
      const auto key = c.draw_key(keys);
      const auto actor = 1 + c.draw(300);
      const bool is_local = c.draw(2) == 0, visible = is_local || c.draw(4) != 0;
      const std::tuple id{key, actor, is_local};
      if (c.members.count(id) != 0) continue;
      const auto h = c.table->insert(is_local ? c.local : c.slice, c.make(key, actor), visible);
      c.members[id] = {h, key, visible};
    } else if (!c.members.empty()) {
      auto at = std::next(c.members.begin(), static_cast<std::ptrdiff_t>(c.draw(c.members.size())));
      if (what == 9) {
        at->second.visible = !at->second.visible;
        c.table->set_visible(at->second.h, at->second.visible);
      } else {
        c.table->erase(at->second.h);
        c.members.erase(at);
      }
    }
    if (i % 100 == 0) c.check();
  }
  c.check();
}

TEST_CASE("the number of keys follows presences that come and go together") {
  const auto keys = GENERATE(as<std::uint64_t>{}, 1, 3, 40, 1000);
  crowd c(23 + static_cast<unsigned>(keys));
  for (int step = 0; step < 150; ++step) {
    const auto edits = 1 + c.draw(step % 5 == 0 ? 400 : 8);
    std::set<handle> touched;
    for (std::uint64_t i = 0; i < edits; ++i) {
      const auto what = c.draw(10);
      if (what < (step % 40 < 20 ? 7u : 3u)) {
        const auto key = c.draw_key(keys);
        const auto actor = 1 + c.draw(300);
        const std::tuple id{key, actor, false};
        if (c.members.count(id) != 0) continue;
        const bool visible = c.draw(4) != 0;
        const auto h = c.table->insert_later(c.slice, c.make(key, actor), visible);
        c.members[id] = {h, key, visible};
        touched.insert(h);
      } else if (!c.members.empty()) {
        auto at =
            std::next(c.members.begin(), static_cast<std::ptrdiff_t>(c.draw(c.members.size())));
        if (!touched.insert(at->second.h).second) continue;
        if (what == 9) {
          at->second.visible = !at->second.visible;
          c.table->set_visible_later(at->second.h, at->second.visible);
        } else {
          c.table->erase_later(at->second.h);
          c.members.erase(at);
        }
      }
    }
    std::vector<handle> left_out;
    c.table->carry_out(left_out);
    REQUIRE(left_out.empty());
    c.check();
  }
  // All of a key at once, and all of it.
  for (auto& [id, x] : c.members) c.table->erase_later(x.h);
  std::vector<handle> left_out;
  c.table->carry_out(left_out);
  c.members.clear();
  c.check();
}

TEST_CASE("what is there already, and so is not inserted, does not count") {
  crowd c(1);
  const auto h = c.table->insert(c.slice, c.make("ada", 1), true);
  (void)c.table->insert_later(c.slice, c.make("ada", 1), true);
  std::vector<handle> left_out;
  c.table->carry_out(left_out);
  REQUIRE(left_out.size() == 1);
  c.table->discard(left_out[0]);
  c.members[{"ada", 1, false}] = {h, "ada", true};
  c.check();
}
