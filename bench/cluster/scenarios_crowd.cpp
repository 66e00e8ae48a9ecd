// A crowd: many nodes in a full mesh that grows from one seed. What they tell is taken
// from their events, of all nodes by one poll, so that the measuring costs little.
#include "bench/cluster/node.hpp"
#include "bench/cluster/scenarios.hpp"

#include <boost/json/array.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <map>
#include <memory>
#include <random>
#include <stdexcept>
#include <string>

namespace rollcall::bench {

namespace {

using namespace std::chrono_literals;
namespace json = boost::json;

constexpr auto patience = 120s;

double quantile(std::vector<double> x, double q) {
  std::sort(x.begin(), x.end());
  return x[std::min(x.size() - 1, static_cast<std::size_t>(q * static_cast<double>(x.size())))];
}

struct member {
  std::unique_ptr<node> process;
  std::string name, address;
  std::map<std::string, std::string> up; ///< that it has told of: name, incarnation
  std::int64_t joins = 0;                ///< that it has told of
};

class crowd_of {
public:
  crowd_of(std::size_t n, results& out) : out_(out), all_(n) {
    for (std::size_t i = 0; i < n; ++i) all_[i].name = fmt::format("n{:03}", i);
  }

  void grow();
  void idle(std::int64_t seconds);
  void joins(std::int64_t n);
  void kill_one();
  void kill_half();

private:
  std::vector<node*> running() const {
    std::vector<node*> result;
    for (auto& x : all_)
      if (x.process) result.push_back(x.process.get());
    return result;
  }
  void start(member& x, const std::string& seed);
  /// Throws if it does not become so.
  void wait(const std::function<bool()>& so, const char* what) const {
    if (!until_told(running(), so, patience))
      throw std::runtime_error{fmt::format("not in time: {}", what)};
  }
  /// Each that runs has told that all others that run are up, and nobody else.
  bool whole() const {
    const auto n = running().size();
    return std::all_of(all_.begin(), all_.end(), [&](const member& x) {
      return !x.process
             || (x.up.size() == n - 1 && std::all_of(all_.begin(), all_.end(), [&](auto& y) {
                   return &x == &y || (y.process != nullptr) == (x.up.count(y.name) != 0);
                 }));
    });
  }
  void add(const char* what, double value, const char* unit, std::optional<double> most = {}) {
    out_.add(fmt::format("crowd_{}_{}", all_.size(), what), value, unit, most);
  }

  results& out_;
  std::vector<member> all_;
};

void crowd_of::start(member& x, const std::string& seed) {
  std::vector<std::string> options{"--log-level", "error"};
  if (!x.address.empty()) options.insert(options.end(), {"--listen", x.address});
  x.up.clear();
  x.process = std::make_unique<node>(x.name, seed, options);
  x.address = x.process->address();
  x.process->on_event([&x](const json::object& e) {
    const auto what = e.at("event").as_string();
    const auto member = [&](const char* m) { return json::value_to<std::string>(e.at(m)); };
    if (what == "replica_up") {
      x.up[member("name")] = member("incarnation");
    } else if (what == "replica_down" || what == "replica_permdown") {
      const auto found = x.up.find(member("name"));
      if (found != x.up.end() && found->second == member("incarnation")) x.up.erase(found);
    } else if (what == "diff") {
      x.joins += static_cast<std::int64_t>(e.at("joins").as_array().size());
    }
  });
}

void crowd_of::grow() {
  const auto first = steady::now();
  auto last = first;
  for (auto& x : all_) {
    last = steady::now();
    start(x, all_[0].address);
  }
  wait([&] { return whole(); }, "all nodes see all");
  add("started", ms_since(first) - ms_since(last), "ms");
  add("all_see_all_after_last_start", ms_since(last), "ms");
  double rss = 0;
  for (auto* x : running()) rss += usage_of(x->pid()).rss_bytes;
  add("memory", rss / static_cast<double>(all_.size()) / 1e6, "MB");
  add("bytes_to_grow", bytes_on_the_wire(running()) / static_cast<double>(all_.size()), "B");
}

void crowd_of::idle(std::int64_t seconds) {
  const auto n = static_cast<double>(all_.size());
  const auto never = [] { return false; };
  until_told(running(), never, 3s); // what growing left to do
  const auto cpu = [&] {
    double sum = 0;
    for (auto* x : running()) sum += usage_of(x->pid()).cpu_ms;
    return sum;
  };
  const auto bytes = bytes_on_the_wire(running());
  until_told(running(), never, 200ms); // the questions themselves
  const auto busy = cpu();
  const auto from = steady::now();
  until_told(running(), never, std::chrono::seconds{seconds});
  const auto used = cpu() - busy;
  const auto ms = ms_since(from);
  const auto sent = bytes_on_the_wire(running()) - bytes;
  add("idle_bytes", sent / n / (ms + 200) * 1000, "B/s", 1000);
  add("idle_cpu", used / n / ms * 100, "%", 0.4);
}

void crowd_of::joins(std::int64_t n) {
  for (auto* x : running()) x->ask(R"({"op":"subscribe","topic":"joins"})");
  std::mt19937 random{1};
  std::uniform_int_distribution<std::size_t> any{0, all_.size() - 1};
  std::uniform_int_distribution<int> pause{100, 200};
  const auto heard = [&](std::int64_t wanted) {
    return std::all_of(all_.begin(), all_.end(), [&](auto& x) { return x.joins == wanted; });
  };
  for (auto& x : all_) x.joins = 0;
  std::vector<double> took;
  for (std::int64_t i = 0; i < n; ++i) {
    until_told(
        running(), [] { return false; }, std::chrono::milliseconds{pause(random)});
    const auto from = steady::now();
    all_[any(random)].process->send(fmt::format(
        R"({{"op":"track","as":"x","topic":"joins","key":"user{}","meta":{{"name":"user{}","status":"online"}}}})",
        i, i));
    wait([&] { return heard(i + 1); }, "a join is seen by all");
    took.push_back(ms_since(from));
  }
  add("join_seen_by_all_p50", quantile(took, .5), "ms", 10);
  add("join_seen_by_all_p99", quantile(took, .99), "ms", 40);
  for (auto* x : running()) x->ask(R"({"op":"unsubscribe","topic":"joins"})");
}

void crowd_of::kill_one() {
  const auto from = steady::now();
  all_.back().process->kill();
  all_.back().process.reset();
  wait([&] { return whole(); }, "all know of the death of one");
  add("one_killed_seen_by_all", ms_since(from), "ms");
  const auto again = steady::now();
  start(all_.back(), all_[0].address);
  wait([&] { return whole(); }, "the one that was killed is back");
  add("one_back_seen_by_all", ms_since(again), "ms");
}

void crowd_of::kill_half() {
  const auto from = steady::now();
  for (std::size_t i = 1; i < all_.size(); i += 2) {
    all_[i].process->kill();
    all_[i].process.reset();
  }
  wait([&] { return whole(); }, "half of the nodes know of the death of the others");
  add("half_killed_seen_by_all", ms_since(from), "ms");
  auto last = steady::now();
  for (std::size_t i = 1; i < all_.size(); i += 2) {
    last = steady::now();
    start(all_[i], all_[0].address);
  }
  wait([&] { return whole(); }, "the half that was killed is back");
  add("half_back_all_see_all_after_last_start", ms_since(last), "ms");
}

} // namespace

void crowd(const sizes& n, results& out) {
  crowd_of all{static_cast<std::size_t>(n.nodes), out};
  all.grow();
  all.idle(n.crowd_seconds);
  all.joins(n.crowd_joins);
  all.kill_one();
  all.kill_half();
}

} // namespace rollcall::bench
