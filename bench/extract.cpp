// extract_all/N: the whole of a slice of N, cut and encoded as frames. Counter
// `bytes`: of all frames, / N: a join in a full transfer.
#include "bench/population.hpp"
#include "bench/rows.hpp"

namespace {

using namespace rollcall;
using namespace rollcall::bench;

struct owner {
  crdt::store store;
  explicit owner(std::uint32_t n) : store(make_owner(n)) {}
};

void extract_all(benchmark::State& state) {
  const auto& own = kept<owner>(state.range(0)).store;
  std::size_t bytes = 0;
  for (auto _ : state) {
    for (const auto& frame : frames_after(own, 0)) bytes += frame.size();
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
  state.counters["bytes"] =
      static_cast<double>(bytes) / static_cast<double>(state.iterations() * state.range(0));
}
BENCHMARK(extract_all)->Apply(each_size)->Unit(benchmark::kMillisecond);

} // namespace
