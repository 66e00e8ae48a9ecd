// churn_survivor/N: one presence stays while N others come and go, a hundred at
// a time, at their owner and in a copy. Counters: what both hold from the heap
// at the end (bytes), and how much more that is than after the first hundredth
// of it (growth).
#include "bench/population.hpp"
#include "bench/rows.hpp"

#include <cstdlib>
#include <malloc.h>

namespace {

using namespace rollcall;
using namespace rollcall::bench;

double heap_in_use() {
  const auto info = ::mallinfo2();
  return static_cast<double>(info.uordblks + info.hblkhd);
}

void churn_survivor(benchmark::State& state) {
  constexpr std::uint32_t at_once = 100;
  const auto rounds = state.range(0) / at_once;
  std::vector<std::string> keys;
  for (std::uint32_t i = 0; i <= at_once; ++i) keys.push_back(key_of(i));
  const auto meta = meta_of(1);
  double early = 0, late = 0;
  for (auto _ : state) {
    const auto before = heap_in_use();
    crdt::store owner(owner_id(), limits{}), copy(copy_id(), limits{});
    copy.open(owner_id());
    crdt::changes scratch;
    crdt::clock_value flushed = 0;
    const auto flush = [&] {
      owner.publish();
      for (const auto& frame : frames_after(owner, flushed)) take_frame(copy, frame, scratch);
      flushed = owner.clock();
      scratch.clear();
    };
    owner.track(topic, keys[at_once], actor_of(at_once), meta, scratch);
    for (std::int64_t r = 0; r < rounds; ++r) {
      for (std::uint32_t i = 0; i < at_once; ++i)
        owner.track(topic, keys[i], actor_of(i), meta, scratch);
      flush();
      for (std::uint32_t i = 0; i < at_once; ++i)
        owner.untrack(topic, keys[i], actor_of(i), scratch);
      flush();
      if (r == rounds / 100) early = heap_in_use() - before;
    }
    late = heap_in_use() - before;
    if (copy.table().list(topic).size() != 1) std::abort();
  }
  state.counters["bytes"] = late;
  state.counters["growth"] = late - early;
}
BENCHMARK(churn_survivor)
    ->Arg(1'000'000)
    ->Arg(100'000'000)
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

} // namespace
