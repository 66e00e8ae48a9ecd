// list_after_lives/L: the list of a topic of 100, taken and walked, after L
// other replicas of 100 presences each in that topic came and were dropped.
#include "bench/population.hpp"
#include "bench/rows.hpp"

#include <cstdlib>

namespace {

using namespace rollcall;
using namespace rollcall::bench;

constexpr std::uint32_t members = 100;

void live_and_die(crdt::store& in, std::uint32_t life) {
  const replica_id who{"gamma", {1'800'000'000'000'000u + life, life}};
  crdt::store theirs(who, limits{});
  for (std::uint32_t i = 0; i < members; ++i) track(theirs, 1000 + i);
  if (!in.open(who)) std::abort();
  crdt::changes scratch;
  for (const auto& frame : frames_after(theirs, 0)) take_frame(in, frame, scratch);
  in.drop(who);
  replica_id whose;
  while (in.sweep(limits{}.batch, whose, scratch)) in.publish();
  in.publish();
}

void list_after_lives(benchmark::State& state) {
  auto own = make_owner(members);
  for (std::uint32_t i = 0; i < state.range(0); ++i) live_and_die(own, i);
  if (own.table().list(topic).size() != members) std::abort();
  for (auto _ : state) {
    std::size_t bytes = 0;
    for (const auto p : own.table().list(topic)) bytes += p.key().size() + p.meta().bytes().size();
    benchmark::DoNotOptimize(bytes);
  }
}
BENCHMARK(list_after_lives)->Arg(0)->Arg(1000)->UseRealTime();

} // namespace
