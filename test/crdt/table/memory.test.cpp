// What a table holds on to, and what it lets go.
#include "crdt/table/presence_table.hpp"
#include "test/catch.hpp"

#include <random>

using namespace rollcall;
using namespace rollcall::crdt;

namespace {

struct fixture {
  std::shared_ptr<presence_table> table = std::make_shared<presence_table>(limits{});
  slice_no a = table->open_slice({"a", {1, 1}}, true);
  dot clock = 0;
  std::vector<handle> held;
  std::mt19937 random{11};
  meta about{{"device", "browser"}, {"status", "online"}}; // about 32 bytes encoded

  handle add(slice_no slice, const std::string& topic, const std::string& key) {
    birth x;
    x.dot = ++clock;
    x.topic = topic;
    x.key = key;
    x.actor = clock;
    x.meta = about.bytes();
    return table->insert(slice, x, true);
  }
  void fill(std::size_t n) {
    for (std::size_t i = 0; i < n; ++i)
      held.push_back(add(a, "lobby", "key-" + std::to_string(random())));
    table->publish();
  }
  // Replaces presences one by one, published each time.
  void churn(int rounds) {
    for (int i = 0; i < rounds; ++i) {
      auto& h = held[random() % held.size()];
      table->erase(h);
      h = add(a, "lobby", "key-" + std::to_string(random()));
      table->publish();
    }
  }
  void settle() {
    for (int i = 0; i < 50; ++i) table->publish();
  }
};

} // namespace

TEST_CASE("churn leaves nothing behind") {
  fixture f;
  f.fill(1000);
  f.settle();
  auto objects = f.table->objects();
  f.churn(5000);
  f.settle();
  CHECK(f.table->objects() < objects + 50); // nodes may be filled less
  for (auto h : f.held) f.table->erase(h);
  f.settle();
  CHECK(f.table->objects() == 0);
  CHECK(f.table->topics().empty());
}

TEST_CASE("a list that is held keeps what it shows and nothing of what came and went since") {
  fixture f;
  f.fill(1000);
  auto list = f.table->list("lobby");
  auto shown = list.to_vector();
  f.settle();
  f.churn(3000); // all of it is another one by now
  f.settle();
  auto objects = f.table->objects();
  f.churn(10'000);
  f.settle();
  CHECK(f.table->objects() < objects + 50);
  CHECK(list.to_vector() == shown);
  list = {};
  f.settle();
  CHECK(f.table->objects() < objects - 900);
}

TEST_CASE("lists of many moments each keep their own, in whatever order they are dropped") {
  fixture f;
  f.fill(300);
  std::vector<std::pair<presence_list, std::vector<presence>>> lists;
  for (int i = 0; i < 40; ++i) {
    f.churn(40);
    auto list = f.table->list("lobby");
    lists.emplace_back(list, list.to_vector());
  }
  std::shuffle(lists.begin(), lists.end(), f.random);
  while (!lists.empty()) {
    lists.pop_back();
    f.churn(3);
    for (auto& [list, shown] : lists) REQUIRE(list.to_vector() == shown);
  }
  f.settle();
  f.settle();
  for (auto h : f.held) f.table->erase(h);
  f.settle();
  CHECK(f.table->objects() == 0);
}

TEST_CASE("a large list that is dropped is freed in bounded pieces") {
  fixture f;
  f.fill(30'000);
  auto list = f.table->list("lobby");
  for (auto h : f.held) f.table->erase(h);
  f.settle();
  auto objects = f.table->objects();
  CHECK(objects > 30'000);
  list = {};
  f.table->publish();
  CHECK(f.table->objects() > objects - 3000);
  for (int i = 0; i < 100; ++i) f.table->publish();
  CHECK(f.table->objects() == 0);
}

TEST_CASE("lists outlive the table, and the last of them takes everything with it") {
  fixture f;
  f.fill(500);
  auto one = f.table->list("lobby");
  f.churn(20);
  auto two = f.table->list("lobby");
  f.churn(20);
  auto three = f.table->list("lobby"); // of what is published at the end
  auto shown = one.to_vector();
  presence_list copy;
  f.table.reset();
  copy = one;
  two = {};
  three = {};
  CHECK(one.to_vector() == shown);
  one = {};
  CHECK(copy.to_vector() == shown);
}

TEST_CASE("a thousand lives that came and went leave nothing behind") {
  fixture f;
  f.fill(10);
  f.settle();
  auto objects = f.table->objects();
  auto bytes = f.table->memory_bytes();
  for (std::uint64_t life = 1; life <= 1000; ++life) {
    auto slice = f.table->open_slice({"node", {life, 0}}, false);
    CHECK(slice < 10);
    std::vector<handle> its;
    for (int i = 0; i < 50; ++i) its.push_back(f.add(slice, "room" + std::to_string(i % 5), "k"));
    f.table->publish();
    for (auto h : its) f.table->erase(h);
    f.table->close_slice(slice);
    f.table->publish();
  }
  f.settle();
  CHECK(f.table->slices_in_use() == 1);
  CHECK(f.table->objects() == objects);
  CHECK(f.table->memory_bytes() < bytes + 300'000); // a spare slab for each size
}

TEST_CASE("a slice's number is not reused while a list shows a presence of it") {
  fixture f;
  auto b = f.table->open_slice({"b", {5, 5}}, false);
  auto h = f.add(b, "lobby", "bob");
  f.table->publish();
  auto list = f.table->list("lobby");
  f.table->erase(h);
  f.table->close_slice(b);
  f.settle();
  auto c = f.table->open_slice({"c", {6, 6}}, false);
  CHECK(c != b);
  CHECK((*list.begin()).replica().name == "b");
  list = {};
  f.settle();
  CHECK(f.table->open_slice({"d", {7, 7}}, false) == b);
}

TEST_CASE("empty topics are removed") {
  fixture f;
  std::vector<handle> all;
  for (int i = 0; i < 5000; ++i) {
    all.push_back(f.add(f.a, "topic" + std::to_string(i), "k"));
    if (i % 100 == 0) f.table->publish();
  }
  f.table->publish();
  CHECK(f.table->topics().size() == 5000);
  auto held = f.table->list("topic77");
  for (auto h : all) f.table->erase(h);
  f.settle();
  CHECK(f.table->topics().empty());
  // Topic, snapshot, leaf and record of what is held; and where it stands that
  // the leaf and the record go with it.
  CHECK(f.table->objects() == 6);
  CHECK((*held.begin()).topic() == "topic77");
  // The name is free for another topic meanwhile.
  f.add(f.a, "topic77", "again");
  f.table->publish();
  CHECK((*f.table->list("topic77").begin()).key() == "again");
  CHECK((*held.begin()).key() == "k");
}

TEST_CASE("a presence of two short fields takes at most 130 bytes, 120 of another's") {
  for (auto local : {true, false}) {
    fixture f;
    auto slice = f.table->open_slice({"b", {2, 2}}, local);
    auto before = f.table->memory_bytes();
    constexpr std::size_t n = 100'000;
    for (std::size_t i = 0; i < n; ++i) {
      auto key = std::to_string(100'000'000'000 + f.random()); // 12 bytes
      f.add(slice, "lobby", key);
      if (i % 100 == 0) f.table->publish();
    }
    f.settle();
    auto each = static_cast<double>(f.table->memory_bytes() - before) / n;
    INFO(each);
    CHECK(each < (local ? 131 : 120));
  }
}
