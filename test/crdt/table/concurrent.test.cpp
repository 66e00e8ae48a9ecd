// One writer, several readers: what they see is always whole and of one moment.
// Meant for ThreadSanitizer and AddressSanitizer.
#include "crdt/table/presence_table.hpp"
#include "test/catch.hpp"

#include <atomic>
#include <deque>
#include <mutex>
#include <random>
#include <thread>

using namespace rollcall;
using namespace rollcall::crdt;

namespace {

// The meta of every presence that is published together holds the same number,
// the topic's size stands in it too: so any mixture of moments shows.
struct shared_table {
  std::shared_ptr<presence_table> table = std::make_shared<presence_table>(limits{});
  std::atomic<bool> stop{false};
  std::atomic<std::uint64_t> faults{0};
  std::atomic<std::uint64_t> reads{0};

  void fault() { faults.fetch_add(1, std::memory_order_relaxed); }

  void read(unsigned seed) {
    std::mt19937 random{seed};
    std::deque<presence_list> held;
    while (!stop.load(std::memory_order_relaxed)) {
      auto topic = "topic" + std::to_string(random() % 4);
      switch (random() % 6) {
      case 0:
        if (table->count(topic) > 1000) fault();
        break;
      case 1: {
        auto key = "some-longer-key-" + std::to_string(random() % 40);
        for (auto p : table->get_by_key(topic, key))
          if (p.key() != key || p.topic() != topic) fault();
        break;
      }
      case 2:
        for (auto& [name, n] : table->topics())
          if (n == 0 || name.substr(0, 5) != "topic") fault();
        break;
      default: {
        auto list = random() % 3 ? table->list(topic) : table->dirty_list(topic);
        check(list, topic);
        held.push_back(list);
        if (held.size() > 8) held.pop_front();
        if (random() % 4 == 0) check(held[random() % held.size()], {});
      }
      }
      reads.fetch_add(1, std::memory_order_relaxed);
    }
  }

  void check(const presence_list& list, std::string_view topic) {
    std::size_t n = 0;
    std::string last;
    for (auto p : list) {
      if (!topic.empty() && p.topic() != topic) fault();
      if (p.key() < last) fault();
      if (p.replica().name.size() < 4 || p.ref().clock == 0) fault();
      if (p.meta().bytes() != std::string(20, static_cast<char>('a' + p.actor() % 26))) fault();
      last = p.key();
      ++n;
    }
    if (n != list.size()) fault();
  }
};

} // namespace

TEST_CASE("readers on other threads see whole moments while the table changes") {
  shared_table t;
  std::vector<std::thread> readers;
  for (unsigned i = 0; i < 3; ++i) readers.emplace_back([&t, i] { t.read(i); });

  auto& table = *t.table;
  std::mt19937 random{42};
  auto own = table.open_slice({"node-own", {1, 1}}, true);
  slice_no other = 0;
  std::uint64_t life = 1;
  dot clock = 0;
  std::vector<handle> ours, others;
  auto add = [&](slice_no slice, bool visible) {
    for (;;) {
      birth x;
      auto topic = "topic" + std::to_string(random() % 4);
      auto key = random() % 2 ? "some-longer-key-" + std::to_string(random() % 40)
                              : std::to_string(random() % 1000);
      x.actor = random() % 20;
      if (table.find(slice, topic, key, x.actor)) continue;
      std::string meta(20, static_cast<char>('a' + x.actor % 26));
      x.dot = ++clock;
      x.topic = topic;
      x.key = key;
      x.meta = meta;
      if (random() % 8 == 0) x.prev_ref = ref{{1, 1}, 1};
      return table.insert(slice, x, visible);
    }
  };
  for (int step = 0; step < 3000; ++step) {
    for (auto n = random() % 8; n > 0; --n) {
      if (ours.size() < 200 && random() % 5 < 3) {
        ours.push_back(add(own, true));
      } else if (!ours.empty()) {
        std::swap(ours[random() % ours.size()], ours.back());
        table.erase(ours.back());
        ours.pop_back();
      }
    }
    if (step % 10 == 0) { // another replica comes, is hidden, shown again, and goes
      switch (step / 10 % 4) {
      case 0:
        other = table.open_slice({"node-" + std::to_string(life), {life, 2}}, false);
        ++life;
        for (int i = 0; i < 60; ++i) others.push_back(add(other, true));
        break;
      case 1:
      case 2:
        for (auto h : others) table.set_visible(h, step / 10 % 4 == 2);
        break;
      default:
        for (auto h : others) table.erase(h);
        others.clear();
        table.close_slice(other);
      }
    }
    table.publish();
    if (step % 500 == 0) REQUIRE(table.sound());
  }
  // Some more reads, on however slow a machine.
  while (t.reads.load() < 200) std::this_thread::yield();
  t.stop = true;
  for (auto& r : readers) r.join();
  CHECK(t.faults.load() == 0);
  for (auto h : ours) table.erase(h);
  for (auto h : others) table.erase(h);
  for (int i = 0; i < 50; ++i) table.publish();
  CHECK(table.objects() == 0);
}

TEST_CASE("topics come and go under the eyes of readers") {
  auto table = std::make_shared<presence_table>(limits{});
  auto slice = table->open_slice({"node", {1, 1}}, true);
  std::atomic<bool> stop{false};
  std::atomic<int> faults{0};
  std::vector<std::thread> readers;
  dot clock = 0;
  auto add = [&](const std::string& topic) {
    birth x;
    x.dot = ++clock;
    x.topic = topic;
    x.key = "k";
    return table->insert(slice, x, true);
  };
  add("always");
  table->publish();
  for (unsigned i = 0; i < 2; ++i)
    readers.emplace_back([&, i] {
      std::mt19937 random{i};
      while (!stop.load(std::memory_order_relaxed)) {
        if (table->count("always") != 1) ++faults;
        auto topic = "t" + std::to_string(random() % 20'000);
        for (auto p : table->list(topic))
          if (p.topic() != topic) ++faults;
      }
    });
  for (int round = 0; round < 2; ++round) {
    std::vector<handle> all;
    for (int i = 0; i < 20'000; ++i) {
      all.push_back(add("t" + std::to_string(i)));
      if (i % 16 == 0) table->publish();
    }
    for (std::size_t i = 0; i < all.size(); ++i) {
      table->erase(all[i]);
      if (i % 16 == 0) table->publish();
    }
    table->publish();
  }
  stop = true;
  for (auto& r : readers) r.join();
  CHECK(faults.load() == 0);
  CHECK(table->topics().size() == 1);
}

TEST_CASE("lists are dropped on other threads, the table before or after them") {
  for (int round = 0; round < 200; ++round) {
    auto table = std::make_shared<presence_table>(limits{});
    auto slice = table->open_slice({"node", {1, 1}}, true);
    std::mutex mutex;
    std::vector<presence_list> lists;
    for (dot d = 1; d <= 20; ++d) {
      auto key = std::to_string(d);
      birth x;
      x.dot = d;
      x.topic = "lobby";
      x.key = key;
      table->insert(slice, x, true);
      table->publish();
      lists.push_back(table->list("lobby"));
    }
    auto drop = [&] {
      for (;;) {
        presence_list mine;
        {
          auto lock = std::lock_guard{mutex};
          if (lists.empty()) return;
          mine = std::move(lists.back());
          lists.pop_back();
        }
        auto copy = mine;
        mine = {};
        if (copy.empty()) throw std::logic_error{"a list lost what it shows"};
      }
    };
    std::thread one{drop}, two{drop};
    if (round % 2) table->publish();
    table.reset();
    one.join();
    two.join();
  }
}
