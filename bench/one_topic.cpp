// track_one_topic, track_one_topic_read: tracks into one topic, 0 -> 100,000,
// each published; alone, and while a thread takes the list and walks it in a
// loop. Of the table alone: the actors are not in it.
#include "bench/population.hpp"
#include "bench/rows.hpp"

#include <atomic>
#include <thread>

namespace {

using namespace rollcall;
using namespace rollcall::bench;

constexpr std::uint32_t tracks = 100'000;

void fill(benchmark::State& state, bool with_reader) {
  std::mt19937 random{17};
  const auto order = shuffled(tracks, random);
  std::vector<std::string> keys;
  for (const auto i : order) keys.push_back(key_of(i));
  const auto meta = meta_of(1);
  crdt::changes scratch;
  double lists = 0;
  for (auto _ : state) {
    state.PauseTiming();
    {
      crdt::store own(owner_id(), limits{});
      std::atomic<bool> stop{false};
      std::thread reader;
      if (with_reader)
        reader = std::thread([&] {
          while (!stop.load(std::memory_order_relaxed)) {
            std::size_t bytes = 0;
            for (const auto p : own.table().list(topic)) bytes += p.key().size();
            benchmark::DoNotOptimize(bytes);
            ++lists;
          }
        });
      state.ResumeTiming();
      for (std::uint32_t i = 0; i < tracks; ++i) {
        scratch.clear();
        own.track(topic, keys[i], actor_of(order[i]), meta, scratch);
        own.publish();
      }
      state.PauseTiming();
      stop = true;
      if (with_reader) reader.join();
    }
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations() * tracks);
  if (with_reader) state.counters["lists"] = lists;
}

void track_one_topic(benchmark::State& state) { fill(state, false); }
void track_one_topic_read(benchmark::State& state) { fill(state, true); }
BENCHMARK(track_one_topic)->UseRealTime()->Unit(benchmark::kMillisecond);
BENCHMARK(track_one_topic_read)->UseRealTime()->Unit(benchmark::kMillisecond);

} // namespace
