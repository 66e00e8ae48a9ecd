#include "bench/cluster/node.hpp"
#include "bench/cluster/scenarios.hpp"

#include <fmt/core.h>

#include <algorithm>
#include <random>
#include <thread>

namespace rollcall::bench {

namespace {

double quantile(std::vector<double>& x, double q) {
  std::sort(x.begin(), x.end());
  return x[std::min(x.size() - 1, static_cast<std::size_t>(q * static_cast<double>(x.size())))];
}

/// Two nodes that know each other.
struct couple {
  node a{"a", ""};
  node b{"b", a.address()};

  couple() {
    a.ask(R"({"op":"track","as":"x","topic":"warm","key":"up"})");
    until_counted(b, "warm", 1);
  }
};

} // namespace

void propagation(const sizes& n, results& out) {
  couple both;
  both.b.ask(R"({"op":"subscribe","topic":"lobby"})");
  std::mt19937 random{1};
  std::uniform_int_distribution<int> pause{0, 60};
  std::vector<double> took;
  for (std::int64_t i = 0; i < n.joins; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{pause(random)});
    const auto from = steady::now();
    both.a.send(fmt::format(
        R"({{"op":"track","as":"x","topic":"lobby","key":"user{}","meta":{{"name":"user{}","status":"online"}}}})",
        i, i));
    both.b.await("diff");
    took.push_back(ms_since(from));
    both.a.await("");
  }
  out.add("join_p50", quantile(took, .5), "ms", 30);
  out.add("join_p99", quantile(took, .99), "ms", 50);
}

void burst(const sizes& n, results& out) {
  couple both;
  const auto from = steady::now();
  both.a.send(fmt::format(
      R"({{"op":"track_many","as":"y","topic":"burst","keys":[0,{}],"meta":{{"name":"user","status":"online"}}}})",
      n.burst));
  until_counted(both.b, "burst", n.burst);
  out.add(fmt::format("burst_{}", n.burst), ms_since(from), "ms", 80);
}

void late_join(const sizes& n, results& out) {
  node a{"a", ""};
  a.track_many("x", "lobby", 0, n.late);
  const auto from = steady::now();
  node b{"b", a.address()};
  const auto ready = steady::now();
  until_counted(b, "lobby", n.late);
  out.add(fmt::format("late_join_{}", n.late), ms_since(ready), "ms", 300);
  out.add(fmt::format("late_join_{}_from_exec", n.late), ms_since(from), "ms");
}

} // namespace rollcall::bench
