// Nodes that go: killed, or drained in a deploy; and messages for all in a topic.
#include "bench/cluster/node.hpp"
#include "bench/cluster/scenarios.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <string>
#include <thread>

namespace rollcall::bench {

namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

std::string text(const json::value& x) { return json::value_to<std::string>(x); }

/// Counts the presences of each key as the diffs tell, and how often a key that
/// was there was there no more.
struct follower {
  std::map<std::string, int> present;
  std::int64_t absences = 0, moves = 0;

  void start(node& x, const char* topic) {
    const auto answer = x.ask(fmt::format(R"({{"op":"subscribe","topic":"{}"}})", topic));
    present.clear();
    if (const auto* all = answer.at("presences").as_object().if_contains(topic))
      for (const auto& p : all->as_array()) ++present[text(p.at("key"))];
    x.on_event([this](const json::object& e) {
      if (e.at("event").as_string() == "diff") take(e);
    });
  }
  void take(const json::object& diff) {
    for (const auto& p : diff.at("joins").as_array()) ++present[text(p.at("key"))];
    for (const auto& p : diff.at("leaves").as_array()) {
      if (p.at("reason").as_string() == "moved") ++moves;
      const auto found = present.find(text(p.at("key")));
      if (found == present.end() || --found->second > 0) continue;
      present.erase(found);
      ++absences;
    }
  }
};

struct fleet {
  static constexpr std::size_t size = 8;
  static constexpr const char* topic = "room";
  std::int64_t keys;
  std::vector<std::unique_ptr<node>> nodes;
  std::vector<follower> seen{size};
  struct range {
    std::int64_t first, count;
  };
  std::vector<std::vector<range>> held{size}; ///< the keys that each node has

  static std::string name(std::size_t i) { return std::string(1, static_cast<char>('a' + i)); }

  explicit fleet(std::int64_t n) : keys(n) {
    const auto each = keys / static_cast<std::int64_t>(size);
    for (std::size_t i = 0; i < size; ++i) {
      nodes.push_back(std::make_unique<node>(name(i), i == 0 ? "" : nodes[0]->address()));
      const auto first = static_cast<std::int64_t>(i) * each;
      held[i].push_back({first, i + 1 == size ? keys - first : each});
      nodes[i]->track_many("first", topic, first, held[i][0].count);
    }
    settle();
    for (std::size_t i = 0; i < size; ++i) seen[i].start(*nodes[i], topic);
  }
  void settle() {
    for (auto& x : nodes)
      if (x) until_counted(*x, topic, keys);
  }
  std::int64_t absences() const {
    std::int64_t sum = 0;
    for (const auto& x : seen) sum += x.absences;
    return sum;
  }
  std::int64_t moves() const {
    std::int64_t sum = 0;
    for (const auto& x : seen) sum += x.moves;
    return sum;
  }

  /// Ends one and starts it again; the keys that it had come back on `to`.
  void restart(std::size_t i, std::size_t to, bool drained, int round) {
    if (drained) nodes[i]->ask(R"({"op":"drain","lease":"30s"})");
    const auto come_back = [&] {
      for (const auto& x : held[i])
        nodes[to]->track_many(fmt::format("from {} in {}", name(i), round), topic, x.first,
                              x.count);
    };
    if (drained) {
      // A client takes longer. On a node that has not heard of the drain yet it would
      // be one that was there before, and both would be shown until the lease is over.
      std::this_thread::sleep_for(200ms);
      come_back();
      settle();
    }
    const auto address = nodes[i]->address();
    nodes[i]->leave();
    nodes[i].reset();
    if (!drained) come_back();
    settle();
    nodes[i] = std::make_unique<node>(name(i), nodes[to]->address(),
                                      std::vector<std::string>{"--listen", address});
    settle();
    const auto before = seen[i].absences;
    const auto moves = seen[i].moves;
    seen[i].start(*nodes[i], topic);
    seen[i].absences = before;
    seen[i].moves = moves;
    held[to].insert(held[to].end(), held[i].begin(), held[i].end());
    held[i].clear();
  }
};

double quantile(std::vector<double> x, double q) {
  std::sort(x.begin(), x.end());
  return x[std::min(x.size() - 1, static_cast<std::size_t>(q * static_cast<double>(x.size())))];
}

} // namespace

void kill_seen(const sizes& n, results& out) {
  constexpr std::int64_t victims = 6;
  std::mt19937 random{1};
  std::uniform_int_distribution<int> pause{50, 350};
  std::vector<double> took;
  while (static_cast<std::int64_t>(took.size()) < n.kills) {
    node a{"a", ""};
    a.ask(R"({"op":"subscribe","topic":"room"})");
    std::vector<std::unique_ptr<node>> all;
    std::map<std::string, steady::time_point> killed;
    for (std::int64_t i = 0; i < victims; ++i) {
      all.push_back(std::make_unique<node>(fmt::format("v{}", i), a.address()));
      all.back()->ask(fmt::format(R"({{"op":"track","as":"x","topic":"room","key":"v{}"}})", i));
    }
    until_counted(a, "room", victims);
    a.on_event([&](const json::object& e) {
      if (e.at("event").as_string() != "diff") return;
      for (const auto& p : e.at("leaves").as_array())
        took.push_back(ms_since(killed.at(text(p.at("key")))));
    });
    // All are killed before the first leave is due.
    for (auto& x : all) {
      std::this_thread::sleep_for(std::chrono::milliseconds{pause(random)});
      killed[x->name()] = steady::now();
      x->kill();
    }
    for (std::int64_t gone = 0; gone < victims;)
      gone += static_cast<std::int64_t>(a.await("diff").at("leaves").as_array().size());
  }
  out.add("kill_seen_p50", quantile(took, .5), "ms", 3200);
  out.add("kill_seen_p99", quantile(took, .99), "ms", 3500);
}

void deploy(const sizes& n, results& out) {
  fleet all{n.deployed};
  const auto from = steady::now();
  for (std::size_t i = 0; i < fleet::size; ++i)
    all.restart(i, i == 0 ? fleet::size - 1 : i - 1, true, static_cast<int>(i));
  out.add("deploy_all_nodes", ms_since(from) / 1000, "s");
  out.add("deploy_leaves_seen", static_cast<double>(all.absences()), "keys", 0);
  out.add("deploy_moves_seen", static_cast<double>(all.moves()), "keys");
  // The same without a drain, of the node that has them now: what it is for.
  std::int64_t had = 0;
  for (const auto& x : all.held[6]) had += x.count;
  all.restart(6, 5, false, 99);
  out.add(fmt::format("deploy_undrained_leaves_seen_of_{}", had * 7),
          static_cast<double>(all.absences()), "keys");
}

void dispatch(const sizes& n, results& out) {
  node a{"a", ""}, b{"b", a.address()}, c{"c", a.address()};
  node* all[] = {&a, &b, &c};
  std::int64_t here[3] = {};
  for (std::int64_t i = 0; i < n.listeners; ++i) {
    ++here[i % 3];
    all[i % 3]->ask(fmt::format(R"({{"op":"track","as":"x{}","topic":"room","key":"k{}"}})", i, i));
  }
  for (auto* x : all) until_counted(*x, "room", n.listeners);
  std::vector<double> took;
  for (int i = 0; i < 200; ++i) {
    const auto from = steady::now();
    a.send(R"({"op":"dispatch","topic":"room","text":"hello"})");
    for (int x = 0; x < 3; ++x)
      for (std::int64_t k = 0; k < here[x]; ++k) all[x]->await("message");
    took.push_back(ms_since(from));
  }
  out.add(fmt::format("dispatch_{}_p50", n.listeners), quantile(took, .5), "ms", 5);
  out.add(fmt::format("dispatch_{}_p99", n.listeners), quantile(took, .99), "ms");
}

} // namespace rollcall::bench
