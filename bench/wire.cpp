// encode_entry, decode_entry: a join within a frame of 100. wire_join,
// wire_leave: its bytes, of the whole frame / 100, uncompressed.
#include "bench/population.hpp"
#include "bench/rows.hpp"
#include "cluster/wire/frame.hpp"

namespace {

using namespace rollcall;
using namespace rollcall::bench;

constexpr std::uint32_t entries = 100;

cluster::frame frame_of(const crdt::store& own, crdt::clock_value from) {
  const limits bounds;
  auto cut = own.begin_answer(own.self(), from);
  auto piece =
      own.next_piece(cut, {own.self(), 1}, bounds.max_frame_presences, bounds.max_frame_bytes);
  cluster::frame f;
  f.from = own.self();
  f.clocks.emplace_back(own.self(), own.clock());
  f.deltas.push_back(std::move(*piece));
  return f;
}

void encode_entry(benchmark::State& state) {
  const auto own = make_owner(entries);
  const auto frame = frame_of(own, 0);
  while (state.KeepRunningBatch(entries)) {
    auto bytes = cluster::encode(frame);
    benchmark::DoNotOptimize(bytes);
  }
}
BENCHMARK(encode_entry)->UseRealTime();

void decode_entry(benchmark::State& state) {
  const auto own = make_owner(entries);
  const auto bytes = cluster::encode(frame_of(own, 0));
  const limits bounds;
  while (state.KeepRunningBatch(entries)) {
    auto decoded = cluster::decode(bytes, bounds);
    benchmark::DoNotOptimize(decoded);
  }
}
BENCHMARK(decode_entry)->UseRealTime();

void report_bytes(benchmark::State& state, const std::string& frame) {
  for (auto _ : state) benchmark::DoNotOptimize(frame.data());
  state.counters["bytes"] = static_cast<double>(frame.size()) / entries;
}

void wire_join(benchmark::State& state) {
  const auto own = make_owner(entries);
  report_bytes(state, cluster::encode(frame_of(own, 0)));
}
BENCHMARK(wire_join)->UseRealTime()->Iterations(1);

void wire_leave(benchmark::State& state) {
  auto own = make_owner(entries);
  const auto joined = own.clock();
  std::mt19937 random{13};
  for (const auto n : shuffled(entries, random)) untrack(own, n);
  report_bytes(state, cluster::encode(frame_of(own, joined)));
}
BENCHMARK(wire_leave)->UseRealTime()->Iterations(1);

} // namespace
