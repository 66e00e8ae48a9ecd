// merge_joins/N, merge_leaves/N: a delta of 100 into N held, from the frame's
// bytes to where readers see it. merge_all/N: a full transfer of N into nothing.
#include "bench/population.hpp"
#include "bench/rows.hpp"

namespace {

using namespace rollcall;
using namespace rollcall::bench;

constexpr std::size_t delta_size = 100;

void merge_joins(benchmark::State& state) {
  auto& both = kept<pair>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    take_frame(both.copy(), both.leave(delta_size), both.scratch);
    const auto frame = both.join(delta_size);
    state.ResumeTiming();
    take_frame(both.copy(), frame, both.scratch);
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(delta_size));
}
BENCHMARK(merge_joins)->Apply(each_size);

void merge_leaves(benchmark::State& state) {
  auto& both = kept<pair>(state.range(0));
  for (auto _ : state) {
    state.PauseTiming();
    const auto frame = both.leave(delta_size);
    state.ResumeTiming();
    take_frame(both.copy(), frame, both.scratch);
    state.PauseTiming();
    take_frame(both.copy(), both.join(delta_size), both.scratch);
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(delta_size));
}
BENCHMARK(merge_leaves)->Apply(each_size);

// Only the bytes: the owner would keep twice the memory warm.
struct full_transfer {
  std::vector<std::string> frames;
  explicit full_transfer(std::uint32_t n) : frames(frames_after(make_owner(n), 0)) {}
};

void merge_all(benchmark::State& state) {
  const auto& transfer = kept<full_transfer>(state.range(0));
  crdt::changes scratch;
  for (auto _ : state) {
    state.PauseTiming();
    {
      crdt::store copy(copy_id(), limits{});
      copy.open(owner_id());
      state.ResumeTiming();
      for (const auto& frame : transfer.frames) take_frame(copy, frame, scratch);
      state.PauseTiming();
    }
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(merge_all)->Apply(each_size)->Unit(benchmark::kMillisecond);

} // namespace
