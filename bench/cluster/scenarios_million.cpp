#include "bench/cluster/bare.hpp"
#include "bench/cluster/node.hpp"
#include "bench/cluster/scenarios.hpp"

#include <boost/json/object.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string>
#include <thread>

namespace rollcall::bench {

namespace {

using namespace std::chrono_literals;

constexpr const char* topic = "lobby";

/// Ten actors share the presences.
constexpr std::int64_t actors = 10;

struct cluster {
  node a, b, c;
  std::vector<node*> all{&a, &b, &c};

  explicit cluster(const std::vector<std::string>& options = {})
      : a{"a", "", options}, b{"b", a.address(), options}, c{"c", a.address(), options} {
    a.ask(R"({"op":"track","as":"x","topic":"warm","key":"up"})");
    for (auto* x : all) until_counted(*x, "warm", 1);
  }

  void fill(std::int64_t n) {
    for (std::int64_t i = 0; i < actors; ++i)
      a.track_many(fmt::format("m{}", i), topic, i * n / actors,
                   (i + 1) * n / actors - i * n / actors);
  }
};

/// The first `n` keys of actor m0 change, or leave; one command each.
void change(node& x, const char* op, std::int64_t n) {
  for (std::int64_t i = 0; i < n; ++i)
    x.ask(fmt::format(
        R"({{"op":"{}","as":"m0","topic":"{}","key":"k{}","meta":{{"name":"user","status":"away"}}}})",
        op, topic, i));
}

/// How long shards were busy with one message, so far: the longest, and how many
/// took how long, on all nodes together.
void add_busy(const std::string& name, const std::vector<node*>& all, results& out) {
  double most = 0;
  std::map<std::uint64_t, double> times; // by the bound that they were under, in us
  for (auto* x : all) {
    const auto stats = x->ask(R"({"op":"stats"})");
    most = std::max(most, stats.at("longest_busy_us").to_number<double>() / 1e3);
    for (const auto& [under, count] : stats.at("busy_under_us").as_object())
      times[std::stoull(std::string{under.data(), under.size()})] += count.to_number<double>();
  }
  for (const auto& [under, count] : times)
    out.add(fmt::format("{}_busy_under_{}us", name, under), count, "times");
  out.add(name + "_longest_busy", most, "ms", 20);
}

std::int64_t held_by(node& x) {
  return x.ask(R"({"op":"stats"})").at("presences").to_number<std::int64_t>();
}

void add_memory(node& x, std::int64_t n, results& out) {
  const auto held = x.ask(R"({"op":"stats"})").at("memory").to_number<double>();
  const auto each = static_cast<double>(n);
  out.add("million_memory_" + x.name(), held / each, "B/each");
  out.add("million_rss_" + x.name(), usage_of(x.pid()).rss_bytes / each, "B/each");
}

void idle(const sizes& n, cluster& all, results& out) {
  results::progress(fmt::format("idle for {} s", n.idle_seconds));
  bare_caf bare;
  std::vector<pid_t> pids{bare.pid()};
  for (auto* x : all.all) pids.push_back(x->pid());
  std::this_thread::sleep_for(1s);
  const auto bytes = bytes_on_the_wire(all.all);
  std::vector<double> before;
  for (auto pid : pids) before.push_back(usage_of(pid).cpu_ms);
  const auto from = steady::now();
  std::this_thread::sleep_for(std::chrono::seconds{n.idle_seconds});
  const auto took = ms_since(from);
  std::vector<double> share;
  for (std::size_t i = 0; i < pids.size(); ++i)
    share.push_back((usage_of(pids[i]).cpu_ms - before[i]) / took * 100);
  out.add("idle_cpu_bare_caf", share.front(), "%core");
  out.add("idle_cpu_node_above_bare",
          *std::max_element(share.begin() + 1, share.end()) - share.front(), "%core", 0.1);
  out.add("idle_bytes_per_node", (bytes_on_the_wire(all.all) - bytes) / 3 / (took / 1e3), "B/s");
}

/// a is cut off, changes `n.changed` of what it has, and comes back. `churn`:
/// so many come and go on it, too, so that its removal log no longer reaches back.
void heal(const sizes& n, cluster& all, std::int64_t churn, const char* name, results& out) {
  const auto cut = [&](bool is) {
    for (auto* x : {&all.b, &all.c}) {
      all.a.block(x->name(), is);
      x->block(all.a.name(), is);
    }
  };
  cut(true);
  change(all.a, "update", n.changed);
  if (churn != 0) {
    all.a.track_many("guest", "guests", 0, churn);
    all.a.ask(R"({"op":"untrack","as":"guest"})");
  }
  std::this_thread::sleep_for(100ms); // what was flushed is lost
  const auto bytes = bytes_on_the_wire(all.all);
  const auto from = steady::now();
  cut(false);
  until_all_know(all.a, all.all);
  out.add(fmt::format("{}_time", name), ms_since(from), "ms");
  out.add(fmt::format("{}_bytes", name), bytes_on_the_wire(all.all) - bytes, "B");
}

} // namespace

void million(const sizes& n, results& out) {
  cluster all;
  auto from = steady::now();
  all.fill(n.million);
  out.add("million_track_many", ms_since(from), "ms");
  for (auto* x : all.all) until_counted(*x, topic, n.million);
  out.add("million_until_all_have_it", ms_since(from), "ms");
  until_all_know(all.a, all.all);
  add_memory(all.a, n.million, out);
  add_memory(all.b, n.million, out);
  add_busy("million_join", all.all, out);

  const auto bytes = bytes_on_the_wire(all.all);
  from = steady::now();
  change(all.a, "update", n.changed);
  until_all_know(all.a, all.all);
  out.add(fmt::format("million_update_{}", n.changed), ms_since(from), "ms");
  out.add(fmt::format("million_update_{}_bytes", n.changed), bytes_on_the_wire(all.all) - bytes,
          "B");

  if (n.idle_seconds > 0) idle(n, all, out);
  heal(n, all, 0, "million_heal", out);
  heal(n, all, 100'000, "million_heal_log_cut", out);

  from = steady::now();
  change(all.a, "untrack", n.changed);
  until_all_know(all.a, all.all);
  out.add(fmt::format("million_leave_{}", n.changed), ms_since(from), "ms");

  from = steady::now();
  all.a.ask(R"({"op":"kill","as":"m1"})");
  const auto left = n.million - n.changed - (2 * n.million / actors - n.million / actors);
  for (auto* x : all.all) until_counted(*x, topic, left);
  out.add(fmt::format("million_kill_{}", n.million / actors), ms_since(from), "ms");

  from = steady::now();
  node d{"d", all.a.address()};
  until_counted(d, topic, left);
  out.add("million_late_join", ms_since(from), "ms");
  all.all.push_back(&d);
  add_busy("million_all", all.all, out);
}

void down_and_back(const sizes& n, results& out) {
  cluster all{{"--down-period", "4s", "--permdown-period", "8s"}};
  all.fill(n.million);
  for (auto* x : all.all) until_counted(*x, topic, n.million);
  until_all_know(all.a, all.all);

  const auto cut = [&](bool is) {
    for (auto* x : {&all.b, &all.c}) {
      all.a.block(x->name(), is);
      x->block(all.a.name(), is);
    }
  };
  // From its event on: the silence before is an option, not work.
  cut(true);
  all.b.await("replica_down");
  auto from = steady::now();
  until_counted(all.b, topic, 0);
  out.add("million_hide", ms_since(from), "ms");
  cut(false);
  all.b.await("replica_up");
  from = steady::now();
  until_counted(all.b, topic, n.million);
  out.add("million_show", ms_since(from), "ms");
  cut(true);
  all.b.await("replica_permdown");
  from = steady::now();
  while (held_by(all.b) != 0) std::this_thread::sleep_for(1ms);
  out.add("million_permdown", ms_since(from), "ms");
  cut(false);
  all.b.await("replica_up");
  from = steady::now();
  until_counted(all.b, topic, n.million);
  out.add("million_again_from_nothing", ms_since(from), "ms");
  add_busy("million_down", all.all, out);
}

} // namespace rollcall::bench
