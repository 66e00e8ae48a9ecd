#include "test/hostile/honest.hpp"

#include "test/catch.hpp"

#include <algorithm>
#include <cstdio>
#include <fstream>
#include <sstream>

namespace rollcall::test {

using namespace std::chrono_literals;
using steady = std::chrono::steady_clock;

namespace {

constexpr std::size_t most_growth_kib = 64 * 1024;
constexpr int presences_each = 40;

} // namespace

honest_cluster::honest_cluster(const options_of& options) {
  std::vector<std::string> seeds;
  for (const auto* name : {"a", "b", "c"}) {
    node_settings s;
    s.name = name;
    s.seeds = seeds;
    if (options) s.more = options(name);
    nodes_.push_back(std::make_unique<node>(std::move(s)));
    if (seeds.empty()) seeds.push_back(nodes_.front()->address());
  }
  for (auto& one : nodes_)
    for (int i = 0; i < presences_each; ++i) {
      const auto key = one->name() + std::to_string(i);
      one->track("some", "hall", key);
      expected_.push_back(key);
    }
  std::sort(expected_.begin(), expected_.end());
  for (auto& one : nodes_) REQUIRE(eventually([&] { return holds_all(*one); }));
  for (auto& one : nodes_) rss_.push_back(rss_kib(*one));
}

honest_cluster::~honest_cluster() = default;

bool honest_cluster::holds_all(node& x) {
  auto found = x.list("hall");
  std::sort(found.begin(), found.end());
  return std::includes(found.begin(), found.end(), expected_.begin(), expected_.end());
}

std::size_t honest_cluster::rss_kib(node& x) {
  const auto pid = x.ready().at("pid").to_number<int>();
  std::ifstream file("/proc/" + std::to_string(pid) + "/status");
  std::string word;
  std::size_t kib = 0;
  while (file >> word)
    if (word == "VmRSS:" && file >> kib) return kib;
  return 0;
}

std::size_t honest_cluster::log_lines(const node& x) {
  const auto log = x.log();
  return static_cast<std::size_t>(std::count(log.begin(), log.end(), '\n'));
}

void honest_cluster::load(const std::string& what, int joins,
                          const std::function<void(int)>& meanwhile) {
  std::vector<double> ms;
  static int count = 0;
  for (int i = 0; i < joins; ++i) {
    if (meanwhile) meanwhile(i);
    auto& from = *nodes_[static_cast<std::size_t>(i) % 3];
    auto& to = *nodes_[static_cast<std::size_t>(i + 1) % 3];
    const auto key = "join" + std::to_string(count++);
    const auto start = steady::now();
    from.track("some", "hall", key);
    const auto question = R"({"op":"get_by_key","topic":"hall","key":")" + key + "\"}";
    bool arrived = false;
    while (!arrived && steady::now() - start < 30s)
      arrived = !to.ask(question).at("presences").as_array().empty();
    INFO(what << ": a join of " << from.name() << " must arrive at " << to.name() << "; log of "
              << to.name() << ":\n"
              << to.log());
    REQUIRE(arrived);
    ms.push_back(std::chrono::duration<double, std::milli>(steady::now() - start).count());
    expected_.insert(std::upper_bound(expected_.begin(), expected_.end(), key), key);
    // The newest may still be on its way to the third; what was there stays.
    if (i % 5 == 0 && !eventually([&] { return holds_all(to); }, 5s))
      FAIL_CHECK(what << ": " << to.name() << " misses presences of honest nodes");
  }
  std::sort(ms.begin(), ms.end());
  std::printf("%-60s %d joins, p50 %.1f ms, p99 %.1f ms\n", what.c_str(), joins, ms[ms.size() / 2],
              ms[ms.size() * 99 / 100]);
  std::fflush(stdout);
}

void honest_cluster::must_be_whole() {
  std::size_t most = 0;
  for (std::size_t i = 0; i < nodes_.size(); ++i) {
    auto& x = *nodes_[i];
    INFO("node " << x.name() << ", its log:\n" << x.log());
    CHECK(eventually([&] { return holds_all(x); }));
    for (auto& other : nodes_)
      if (other.get() != &x) CHECK(eventually([&] { return x.replica(other->name()) == "up"; }));
    std::size_t grown = 0;
    CHECK(eventually(
        [&] {
          const auto now = rss_kib(x);
          grown = now > rss_[i] ? now - rss_[i] : 0;
          return now > 0 && grown <= most_growth_kib;
        },
        5s));
    most = std::max(most, grown);
  }
  std::printf("  whole; a node has grown by %zu KiB at most\n", most);
  std::fflush(stdout);
}

} // namespace rollcall::test
