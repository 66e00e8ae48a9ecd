// memory_per_presence/N, memory_per_presence_remote/N: what N presences keep
// from the heap, / N, as counter `bytes`.
#include "bench/population.hpp"
#include "bench/rows.hpp"

#include <malloc.h>
#include <optional>

namespace {

using namespace rollcall;
using namespace rollcall::bench;

// In use by the program, with the allocator's own overhead; blocks that were
// mapped one by one among them.
std::size_t heap_in_use() {
  const auto info = ::mallinfo2();
  return info.uordblks + info.hblkhd;
}

// `build` fills an optional store that lives to the end of the count.
template <class Build>
void measure(benchmark::State& state, Build build) {
  const auto n = static_cast<std::uint32_t>(state.range(0));
  double bytes = 0;
  for (auto _ : state) {
    const auto before = heap_in_use();
    std::optional<crdt::store> held;
    build(n, held);
    bytes = static_cast<double>(heap_in_use()) - static_cast<double>(before);
    benchmark::DoNotOptimize(held);
  }
  state.counters["bytes"] = bytes / static_cast<double>(n);
}

void memory_per_presence(benchmark::State& state) {
  measure(state, [](std::uint32_t n, auto& held) { held.emplace(make_owner(n)); });
}
BENCHMARK(memory_per_presence)->Apply(each_size)->Iterations(1)->Unit(benchmark::kMillisecond);

void memory_per_presence_remote(benchmark::State& state) {
  measure(state, [](std::uint32_t n, auto& held) {
    held.emplace(copy_id(), limits{});
    held->open(owner_id());
    crdt::changes scratch;
    for (const auto& frame : frames_after(make_owner(n), 0)) take_frame(*held, frame, scratch);
  });
}
BENCHMARK(memory_per_presence_remote)
    ->Apply(each_size)
    ->Iterations(1)
    ->Unit(benchmark::kMillisecond);

} // namespace
