// What the journal and leases cost.
//
// merge_joins_journal/N: as merge_joins, and the journal is told. By turns with
// merges that are not told; `of_untold` is the ratio of the two, out of one run.
//
// leases_second/N: all that a second of N leases of 30 s costs that are renewed
// every 10 s: a tenth of them renewed, one by one, and the timer served ten times.
// `cpu_percent`: of one core.
#include "actors/journal.hpp"
#include "actors/lease_table.hpp"
#include "bench/population.hpp"
#include "bench/rows.hpp"

#include <chrono>
#include <vector>

namespace {

using namespace rollcall;
using namespace rollcall::bench;
using steady = std::chrono::steady_clock;

constexpr std::size_t delta_size = 100;

void tell(actors::journal& to, const crdt::store& from, const crdt::changes& all,
          const replica_id& whose, std::int64_t now) {
  actors::journal::step step;
  step.wall_ms = step.steady_ms = now;
  step.whose = &whose;
  step.from = whose.name;
  to.begin(step);
  for (const auto& x : all) {
    const auto p = from.table().view(x.what);
    to.add(p.topic(), p.key(), p.actor(), p.ref(), x.join ? story_event::joined : story_event::left,
           x.why, story_cause::heartbeat);
  }
}

void merge_joins_journal(benchmark::State& state) {
  auto& both = kept<pair>(state.range(0));
  actors::journal journal{65'536, 8 * 1024 * 1024};
  const auto whose = owner_id();
  steady::duration told{0}, untold{0};
  std::int64_t now = 0;
  const auto turn = [&](bool tells) {
    take_frame(both.copy(), both.leave(delta_size), both.scratch);
    const auto frame = both.join(delta_size);
    const auto from = steady::now();
    take_frame(both.copy(), frame, both.scratch);
    if (tells) tell(journal, both.copy(), both.scratch, whose, ++now);
    (tells ? told : untold) += steady::now() - from;
  };
  for (auto _ : state) {
    const auto before = told;
    turn(true);
    turn(false);
    state.SetIterationTime(std::chrono::duration<double>(told - before).count());
  }
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(delta_size));
  state.counters["of_untold"] =
      static_cast<double>(told.count()) / static_cast<double>(untold.count());
}
BENCHMARK(merge_joins_journal)->Arg(1000)->Arg(100'000)->UseManualTime();

void leases_second(benchmark::State& state) {
  using namespace std::chrono_literals;
  const auto n = static_cast<std::size_t>(state.range(0));
  actors::lease_table table;
  std::vector<std::uint64_t> all;
  for (std::size_t i = 0; i < n; ++i)
    all.push_back(table.add(i, 30s, std::chrono::milliseconds{i * 10'000 / n}));
  std::chrono::milliseconds now{10'000};
  std::size_t next = 0;
  double seconds = 0;
  for (auto _ : state) {
    const auto from = steady::now();
    for (int ring = 0; ring < 10; ++ring) {
      now += 100ms;
      for (std::size_t i = 0; i < n / 100; ++i, next = (next + 1) % n)
        benchmark::DoNotOptimize(table.renew(all[next], next, {}, now));
      benchmark::DoNotOptimize(table.take_due(now, 2048));
    }
    const std::chrono::duration<double> took = steady::now() - from;
    seconds += took.count();
    state.SetIterationTime(took.count());
  }
  if (table.size() != n) state.SkipWithError("a lease ended that was renewed in time");
  state.counters["cpu_percent"] = 100 * seconds / static_cast<double>(state.iterations());
}
BENCHMARK(leases_second)->Arg(100'000)->UseManualTime()->Unit(benchmark::kMillisecond);

} // namespace
