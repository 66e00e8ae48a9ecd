// heal/N, heal_cut/N: two nodes hold N presences of one of them; their link is
// lost, 1000 of the presences are updated, the link comes back. Counters:
//
//   bytes     of all frames of both, from then until all is quiet
//   those     of the frame that carries such updates while there is a link
//   ratio     bytes / those
//   over      bytes - those
//
// `heal`: the removal log reaches back to the loss. `heal_cut`: it does not.
#include "bench/population.hpp"
#include "bench/rows.hpp"
#include "bench/two_nodes.hpp"

#include <cstdlib>

namespace {

using namespace rollcall;
using namespace rollcall::bench;

constexpr std::uint32_t changed = 1000;

void update(two_nodes& both, const std::vector<std::uint32_t>& order, std::size_t from) {
  for (auto i = from; i < from + changed; ++i) {
    const auto key = key_of(order[i]), meta = meta_of(order[i]);
    both.step_a(cluster::op_update{topic, key, actor_of(order[i]), meta});
  }
}

void measure(benchmark::State& state, std::size_t removal_log) {
  const auto n = static_cast<std::uint32_t>(state.range(0));
  tracker_options opt;
  opt.limits.max_removal_log = removal_log;
  double those = 0, bytes = 0;
  for (auto _ : state) {
    two_nodes both{opt};
    std::mt19937 random{3};
    auto order = shuffled(n, random);
    for (const auto i : order) {
      const auto key = key_of(i), meta = meta_of(i);
      both.step_a(cluster::op_track{topic, key, actor_of(i), meta});
    }
    std::shuffle(order.begin(), order.end(), random);
    both.ticks(1);
    both.connect();
    both.ticks(5);
    both.bytes = 0;
    update(both, order, 0);
    both.step_a(cluster::timer_due{});
    those = static_cast<double>(both.bytes);
    both.ticks(20);
    both.cut();
    update(both, order, changed);
    both.ticks(30); // longer than down_period
    if (both.b().state().table().count(topic) != 0) std::abort();
    both.bytes = 0;
    both.connect();
    both.ticks(3);
    bytes = static_cast<double>(both.bytes);
    if (both.b().state().table().count(topic) != n
        || both.b().state().prefix(owner_id()) != both.a().state().clock())
      std::abort();
  }
  state.counters["bytes"] = bytes;
  state.counters["those"] = those;
  state.counters["ratio"] = bytes / those;
  state.counters["over"] = bytes - those;
}

void heal(benchmark::State& state) { measure(state, limits{}.max_removal_log); }
void heal_cut(benchmark::State& state) { measure(state, changed / 2); }
BENCHMARK(heal)->Arg(1'000'000)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(heal_cut)->Arg(1'000'000)->Iterations(1)->UseRealTime()->Unit(benchmark::kMillisecond);

} // namespace
