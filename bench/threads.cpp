// read_threads/T: T threads, each taking the list of a topic of 1000 and walking
// it, again and again, while nothing changes. Two over one is what counts.
#include "bench/population.hpp"
#include "bench/rows.hpp"

#include <thread>

namespace {

using namespace rollcall;
using namespace rollcall::bench;

constexpr std::uint32_t members = 1000;
constexpr int lists = 2000;

std::size_t walk(const crdt::presence_table& table) {
  std::size_t bytes = 0;
  for (const auto p : table.list(topic)) bytes += p.key().size() + p.meta().bytes().size();
  return bytes;
}

void read_threads(benchmark::State& state) {
  const auto own = make_owner(members);
  const auto n = state.range(0);
  for (auto _ : state) {
    std::vector<std::thread> readers;
    for (std::int64_t i = 0; i < n; ++i)
      readers.emplace_back([&] {
        for (int k = 0; k < lists; ++k) benchmark::DoNotOptimize(walk(own.table()));
      });
    for (auto& r : readers) r.join();
  }
  state.SetItemsProcessed(state.iterations() * n * lists);
}
BENCHMARK(read_threads)->Arg(1)->Arg(2)->UseRealTime()->Unit(benchmark::kMillisecond);

} // namespace
