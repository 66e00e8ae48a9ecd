// The table by example.
#include "crdt/table/presence_table.hpp"
#include "rollcall/meta.hpp"
#include "test/catch.hpp"

#include <algorithm>

using namespace rollcall;
using namespace rollcall::crdt;

namespace {

const replica_id node_a{"a", {1000, 1}}, node_b{"b", {2000, 2}};

struct fixture {
  std::shared_ptr<presence_table> table = std::make_shared<presence_table>(limits{});
  slice_no a = table->open_slice(node_a, true);
  slice_no b = table->open_slice(node_b, false);
  dot clock = 0;

  handle add(slice_no slice, std::string_view topic, std::string_view key, std::uint64_t actor = 1,
             bool visible = true) {
    birth x;
    x.dot = ++clock;
    x.topic = topic;
    x.key = key;
    x.actor = actor;
    return table->insert(slice, x, visible);
  }
  std::string keys(const presence_list& list) {
    std::string out;
    for (auto p : list) out += std::string{p.key()} + ' ';
    return out;
  }
};

static_assert(std::forward_iterator<presence_list::iterator>);

} // namespace

TEST_CASE("nothing is seen before publish, all of it after") {
  fixture f;
  f.add(f.a, "lobby", "ada");
  CHECK(f.table->list("lobby").empty());
  CHECK(f.table->count("lobby") == 0);
  CHECK(f.table->size() == 1);
  f.table->publish();
  CHECK(f.keys(f.table->list("lobby")) == "ada ");
  CHECK(f.table->count("lobby") == 1);
  CHECK(f.table->list("hall").empty());
  CHECK(f.table->topics() == std::map<std::string, std::size_t>{{"lobby", 1}});
}

TEST_CASE("a list is in order of key, then ref, and carries all that was given") {
  fixture f;
  auto encoded = meta{{"status", "busy"}};
  birth x;
  x.dot = 7;
  x.topic = "lobby";
  x.key = "bob";
  x.actor = 17;
  x.meta = encoded.bytes();
  x.prev_ref = ref{node_b.inc, 5};
  f.table->insert(f.b, x, true);
  f.add(f.a, "lobby", "cy");
  f.add(f.a, "lobby", "bob");
  f.add(f.a, "lobby", "ada");
  f.table->publish();
  auto all = f.table->list("lobby").to_vector();
  REQUIRE(all.size() == 4);
  CHECK(f.keys(f.table->list("lobby")) == "ada bob bob cy ");
  CHECK(all[1].ref == ref{node_a.inc, 2});
  CHECK(all[2].ref == ref{node_b.inc, 7});
  CHECK(all[2].prev_ref == ref{node_b.inc, 5});
  CHECK(all[2].who == pid{node_b, 17});
  CHECK(all[2].meta == encoded);
  CHECK(all[2].topic == "lobby");
  CHECK_FALSE(all[1].prev_ref);
  auto bobs = f.table->get_by_key("lobby", "bob");
  CHECK(bobs.size() == 2);
  CHECK(bobs.to_vector() == std::vector<presence>{all[1], all[2]});
  CHECK(f.table->get_by_key("lobby", "bo").empty());
  CHECK(f.table->get_by_key("hall", "bob").empty());
}

TEST_CASE("a presence that a rebirth carried on keeps the ref it had") {
  fixture f;
  birth x;
  x.dot = 3;
  x.topic = "lobby";
  x.key = "ada";
  x.ref = ref{{500, 9}, 44};
  x.prev_ref = ref{{500, 9}, 40};
  for (auto slice : {f.a, f.b}) {
    auto h = f.table->insert(slice, x, true);
    CHECK(f.table->view(h).ref() == *x.ref);
    CHECK(f.table->view(h).prev_ref() == x.prev_ref);
    CHECK(f.table->as_birth(h).ref == x.ref);
    CHECK(f.table->as_birth(h).dot == 3);
  }
}

TEST_CASE("hidden presences are in dirty_list only") {
  fixture f;
  f.add(f.a, "lobby", "ada");
  auto h = f.add(f.b, "lobby", "bob", 1, false);
  f.add(f.b, "lobby", "ada", 2, false);
  f.table->publish();
  CHECK(f.keys(f.table->list("lobby")) == "ada ");
  CHECK(f.keys(f.table->dirty_list("lobby")) == "ada ada bob ");
  CHECK(f.table->count("lobby") == 1);
  CHECK(f.table->topic_size("lobby") == 3);
  CHECK(f.table->find(f.b, "lobby", "bob", 1) == h);
  f.table->set_visible(h, true);
  f.table->publish();
  CHECK(f.keys(f.table->list("lobby")) == "ada bob ");
  CHECK(f.table->visible(h));
}

TEST_CASE("a topic with hidden presences only is not among the topics") {
  fixture f;
  f.add(f.b, "lobby", "bob", 1, false);
  f.table->publish();
  CHECK(f.table->topics().empty());
  CHECK(f.table->dirty_list("lobby").size() == 1);
}

TEST_CASE("what is erased can be looked at until the step after it was hidden") {
  fixture f;
  auto h = f.add(f.a, "lobby", "ada");
  f.table->publish();
  f.table->erase(h);
  auto never_seen = f.add(f.a, "hall", "eve");
  f.table->erase(never_seen);
  f.table->publish();
  CHECK(f.table->list("lobby").empty());
  CHECK(f.table->view(h).key() == "ada");
  CHECK(f.table->view(h).topic() == "lobby");
  CHECK(f.table->view(h).ref() == ref{node_a.inc, 1});
  CHECK(f.table->view(never_seen).topic() == "hall");
  for (int i = 0; i < 3; ++i) f.table->publish();
  CHECK(f.table->objects() == 0);
}

TEST_CASE("the presences of a local actor are found without their topics") {
  fixture f;
  for (int i = 0; i < 10; ++i) {
    f.add(f.a, "topic" + std::to_string(i), "k", 5);
    f.add(f.a, "topic" + std::to_string(i), "k", 6);
    f.add(f.b, "topic" + std::to_string(i), "k", 5); // another's: not ours to untrack
  }
  f.table->publish();
  CHECK(f.table->count_of_actor(5) == 10);
  while (auto h = f.table->first_of_actor(5)) {
    CHECK(f.table->slice_of(h) == f.a);
    f.table->erase(h);
  }
  f.table->publish();
  CHECK(f.table->count_of_actor(5) == 0);
  CHECK(f.table->count_of_actor(6) == 10);
  CHECK(f.table->size() == 20);
}

TEST_CASE("keys, topics and metas of every size are kept whole") {
  fixture f;
  std::vector<std::size_t> sizes{1, 7, 8, 11, 12, 13, 16, 17, 100, 255, 256, 300, 1023, 1024};
  for (auto topic : {std::size_t{1}, std::size_t{1024}})
    for (auto key : sizes)
      for (auto meta : {0, 1, 40, 5000, 9000, 65536}) {
        std::string t(topic, 't'), k(key, 'k'), m(static_cast<std::size_t>(meta), 'm');
        birth x;
        x.dot = ++f.clock;
        x.topic = t;
        x.key = k;
        x.meta = m;
        x.actor = f.clock;
        auto h = f.table->insert(f.a, x, true);
        REQUIRE(f.table->view(h).topic() == t);
        REQUIRE(f.table->view(h).key() == k);
        REQUIRE(f.table->view(h).meta().bytes() == m);
      }
  f.table->publish();
  CHECK(f.table->count(std::string(1024, 't')) == sizes.size() * 6);
  CHECK(f.table->sound());
}

TEST_CASE("very many presences under one key are found one by one and listed by ref") {
  fixture f;
  constexpr std::uint64_t n = 20'000;
  for (std::uint64_t i = 0; i < n; ++i) f.add(i % 2 ? f.a : f.b, "lobby", "everyone", n - i);
  f.add(f.a, "lobby", "everyone else");
  f.add(f.a, "lobby", "every");
  f.table->publish();
  auto run = f.table->get_by_key("lobby", "everyone");
  REQUIRE(run.size() == n);
  ref last;
  for (auto p : run) {
    REQUIRE(last < p.ref());
    last = p.ref();
  }
  for (std::uint64_t i = 0; i < n; i += 3) {
    auto h = f.table->find(i % 2 ? f.a : f.b, "lobby", "everyone", n - i);
    REQUIRE(h != 0);
    f.table->erase(h);
  }
  f.table->publish();
  CHECK(f.table->get_by_key("lobby", "everyone").size() == n - (n + 2) / 3);
  CHECK(run.size() == n);
  CHECK(f.table->sound());
}

TEST_CASE("iterators can be copied and walked again") {
  fixture f;
  for (auto* key : {"a", "b", "b", "b", "c"}) f.add(f.a, "lobby", key, f.clock + 1);
  f.table->publish();
  auto list = f.table->list("lobby");
  auto i = std::next(list.begin(), 2);
  auto j = i;
  ++i;
  CHECK((*i).ref() != (*j).ref());
  CHECK(++j == i);
  CHECK(std::distance(list.begin(), list.end()) == 5);
  CHECK(list.begin() != list.end());
  CHECK(presence_list{}.begin() == presence_list{}.end());
  auto moved = std::move(list);
  CHECK(f.keys(moved) == "a b b b c ");
  list = moved;
  CHECK(f.keys(list) == "a b b b c ");
}

TEST_CASE("what is inserted as new, and is there, changes nothing") {
  // Keys that a window tells apart; that it does not; and that share more than one.
  for (const std::string head : {"", "k0000000000", "customer-of-the-north-and-the-south-"})
    for (const std::size_t n : {1u, 40u, 5000u}) {
      CAPTURE(head, n);
      fixture f;
      const auto at = [&](std::size_t i) {
        birth x;
        x.dot = f.clock + 1;
        x.topic = "t";
        x.actor = i % 3;
        static std::string key;
        key = head + std::to_string(i / 3 * 7919 % 5003);
        x.key = key;
        return x;
      };
      for (std::size_t i = 0; i < n; ++i) {
        REQUIRE(f.table->insert_new(f.a, at(i)) != 0);
        ++f.clock;
        if (i % 100 == 0) f.table->publish();
      }
      f.table->publish();
      const auto before = f.table->list("t");
      const auto objects = f.table->objects();
      for (std::size_t i = 0; i < n; ++i) REQUIRE(f.table->insert_new(f.a, at(i)) == 0);
      CHECK(f.table->objects() == objects);
      f.table->publish();
      CHECK(f.table->size() == n);
      CHECK(f.table->count("t") == n);
      CHECK(f.table->sound());
      CHECK(f.keys(f.table->list("t")) == f.keys(before));
      // Of another slice or actor it is another.
      CHECK(f.table->insert_new(f.b, at(0)) != 0);
      auto other = at(0);
      other.actor = 9;
      CHECK(f.table->insert_new(f.a, other) != 0);
      CHECK(f.table->sound());
    }
}
