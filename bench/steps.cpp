// steps_*/N: how long single steps of a shard take while it does long work on N
// presences of one node, as a histogram in counters: steps, p50_us, p99_us,
// max_us, and how many took over 1, 5 and 20 ms. In CPU time of the thread.
//
//   steps_extract  a newcomer pulls all: the steps of who answers
//   steps_merge    the same: the steps of the newcomer
//   steps_hide     the node is down    steps_show  and back
//   steps_drop     and permanently down
//   steps_untrack  one actor with N presences dies
#include "bench/population.hpp"
#include "bench/rows.hpp"
#include "bench/two_nodes.hpp"

#include <algorithm>
#include <cstdlib>
#include <map>

namespace {

using namespace rollcall;
using namespace rollcall::bench;

struct long_work {
  std::map<std::string, std::vector<double>> times;

  explicit long_work(std::uint32_t n) {
    tracker_options opt;
    two_nodes both{opt};
    const auto took = [&](const char* what, std::vector<double>& from) {
      times[what] = from;
      both.forget_times();
    };
    const auto holds = [&](std::size_t visible) {
      if (both.b().state().table().count(topic) != visible) std::abort();
    };
    std::mt19937 random{3};
    for (const auto i : shuffled(n, random)) {
      const auto key = key_of(i), meta = meta_of(i);
      both.step_a(cluster::op_track{topic, key, 1, meta});
    }
    both.ticks(1); // flushed: to nobody
    both.forget_times();
    both.connect();
    both.ticks(3);
    holds(n);
    times["extract"] = both.times_a;
    took("merge", both.times_b);
    const auto periods = [&](millis x) { return static_cast<int>(x / opt.broadcast_period) + 2; };
    both.cut();
    both.ticks(periods(opt.effective_down_period()));
    holds(0);
    took("hide", both.times_b);
    both.connect();
    both.ticks(3);
    holds(n);
    took("show", both.times_b);
    both.cut();
    both.ticks(periods(opt.permdown_period));
    if (both.b().state().table().size() != 0) std::abort();
    took("drop", both.times_b);
    both.step_a(cluster::op_untrack_all{1});
    both.ticks(1);
    if (both.a().state().table().size() != 0) std::abort();
    took("untrack", both.times_a);
  }
};

void report(benchmark::State& state, const char* what) {
  auto times = kept<long_work>(state.range(0)).times.at(what);
  std::sort(times.begin(), times.end());
  for (auto _ : state) benchmark::DoNotOptimize(times.data());
  const auto at = [&](double q) {
    return times[static_cast<std::size_t>(q * static_cast<double>(times.size() - 1))];
  };
  const auto over = [&](double us) {
    return static_cast<double>(times.end() - std::upper_bound(times.begin(), times.end(), us));
  };
  state.counters["steps"] = static_cast<double>(times.size());
  state.counters["p50_us"] = at(0.5);
  state.counters["p99_us"] = at(0.99);
  state.counters["max_us"] = times.back();
  state.counters["over_1ms"] = over(1e3);
  state.counters["over_5ms"] = over(5e3);
  state.counters["over_20ms"] = over(20e3);
}

void steps_extract(benchmark::State& s) { report(s, "extract"); }
void steps_merge(benchmark::State& s) { report(s, "merge"); }
void steps_hide(benchmark::State& s) { report(s, "hide"); }
void steps_show(benchmark::State& s) { report(s, "show"); }
void steps_drop(benchmark::State& s) { report(s, "drop"); }
void steps_untrack(benchmark::State& s) { report(s, "untrack"); }
void one_size(benchmark::internal::Benchmark* b) {
  b->Arg(1'000'000)->Iterations(1)->UseRealTime();
}
BENCHMARK(steps_extract)->Apply(one_size);
BENCHMARK(steps_merge)->Apply(one_size);
BENCHMARK(steps_hide)->Apply(one_size);
BENCHMARK(steps_show)->Apply(one_size);
BENCHMARK(steps_drop)->Apply(one_size);
BENCHMARK(steps_untrack)->Apply(one_size);

} // namespace
