// remove_pids/N: N actors with one presence each die, one after another, and
// readers see each of them gone.
#include "bench/population.hpp"
#include "bench/rows.hpp"

namespace {

using namespace rollcall;
using namespace rollcall::bench;

void remove_pids(benchmark::State& state) {
  const auto n = static_cast<std::uint32_t>(state.range(0));
  const auto at_a_time = limits{}.batch;
  std::mt19937 random{5};
  const auto order = shuffled(n, random);
  crdt::changes scratch;
  for (auto _ : state) {
    state.PauseTiming();
    {
      auto own = make_owner(n);
      benchmark::DoNotOptimize(own.table().list(topic).size());
      state.ResumeTiming();
      for (const auto i : order) {
        scratch.clear();
        own.untrack_all(actor_of(i), at_a_time, scratch);
        own.publish();
      }
      state.PauseTiming();
    }
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(remove_pids)->Apply(each_size)->Unit(benchmark::kMillisecond);

} // namespace
