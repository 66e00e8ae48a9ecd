// What readers pay, in a topic of N: list_unchanged/N, list_changed/N,
// list_iterate/N, get_by_key/N, count/N.
#include "bench/population.hpp"
#include "bench/rows.hpp"

#include <cstdlib>

namespace {

using namespace rollcall;
using namespace rollcall::bench;

struct readable {
  crdt::store store;
  std::vector<std::uint32_t> order; ///< to ask in
  std::vector<std::string> keys;    ///< in that order
  explicit readable(std::uint32_t n) : store(make_owner(n)) {
    std::mt19937 random{11};
    order = shuffled(n, random);
    for (const auto i : order) keys.push_back(key_of(i));
    if (store.table().list(topic).size() != n) std::abort(); // and so it is read
  }
};

void list_unchanged(benchmark::State& state) {
  const auto& table = kept<readable>(state.range(0)).store.table();
  for (auto _ : state) {
    auto all = table.list(topic);
    benchmark::DoNotOptimize(all);
  }
}
BENCHMARK(list_unchanged)->Apply(each_size);

// An update of one presence, its publication, and the list that shows it.
void list_changed(benchmark::State& state) {
  auto& from = kept<readable>(state.range(0));
  const auto meta = meta_of(1);
  crdt::changes scratch;
  std::size_t next = 0;
  for (auto _ : state) {
    scratch.clear();
    from.store.update(topic, from.keys[next], actor_of(from.order[next]), meta, scratch);
    from.store.publish();
    auto all = from.store.table().list(topic);
    benchmark::DoNotOptimize(all);
    if (++next == from.keys.size()) next = 0;
  }
}
BENCHMARK(list_changed)->Apply(each_size);

void list_iterate(benchmark::State& state) {
  const auto& table = kept<readable>(state.range(0)).store.table();
  for (auto _ : state) {
    std::size_t bytes = 0;
    for (const auto p : table.list(topic)) bytes += p.key().size() + p.meta().bytes().size();
    benchmark::DoNotOptimize(bytes);
  }
  state.SetItemsProcessed(state.iterations() * state.range(0));
}
BENCHMARK(list_iterate)->Apply(each_size);

void get_by_key(benchmark::State& state) {
  const auto& from = kept<readable>(state.range(0));
  const auto& table = from.store.table();
  std::size_t next = 0;
  for (auto _ : state) {
    auto found = table.get_by_key(topic, from.keys[next]);
    benchmark::DoNotOptimize(found);
    if (++next == from.keys.size()) next = 0;
  }
}
BENCHMARK(get_by_key)->Apply(each_size);

void count(benchmark::State& state) {
  const auto& table = kept<readable>(state.range(0)).store.table();
  for (auto _ : state) benchmark::DoNotOptimize(table.count(topic));
}
BENCHMARK(count)->Apply(each_size);

} // namespace
