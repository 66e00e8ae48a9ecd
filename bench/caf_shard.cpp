// What a shard bears, without the cost of asking it.
//
// track_topic: tracks into one topic, 0 -> 100k, a thousand in a message.
// track_topic_read: the same while a thread lists that topic and walks it, in a
// loop. Both run by turns, whichever is timed; `of_unread` of the second is the
// ratio, out of the same run.
//
// actors_die: ten thousand tracked actors have ended, and the news of all waits
// in the mailbox: until no reader sees any of them.
#include "bench/population.hpp"
#include "bench/rows.hpp"
#include "rollcall/rollcall.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <iostream>
#include <memory>
#include <semaphore>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace rollcall;
using namespace rollcall::bench;
using steady = std::chrono::steady_clock;

[[noreturn]] void fail(const std::string& why) {
  std::cerr << "rollcall_bench: " << why << '\n';
  std::abort();
}

class nobody : public tracker_handler {
  void handle_diff(const diff&) override {}
};

class world {
public:
  world() {
    auto started = start_tracker(system_, make_handler<nobody>(), {.name = "bench"});
    if (!started) fail(render(started.error()));
    tracker_ = started->with_timeout(std::chrono::minutes{5});
  }
  ~world() {
    for (const auto& x : actors_) caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
    (void)tracker_.stop();
  }

  tracker& get() noexcept { return tracker_; }
  caf::actor actor() {
    actors_.push_back(system_.spawn([]() -> caf::behavior { return {[](caf::unit_t) {}}; }));
    return actors_.back();
  }

private:
  config config_;
  caf::actor_system system_{config_};
  tracker tracker_;
  std::vector<caf::actor> actors_;
};

// -- one topic, read and not read ----------------------------------------------------

constexpr std::uint32_t piece = 1000;
constexpr std::uint32_t batch = 10'000;
constexpr std::uint32_t all = 100'000;

/// Lists and walks while it is let.
class reader {
public:
  explicit reader(tracker& t)
      : thread_([this, &t] {
          for (std::size_t sum = 0; !end_.load();) {
            if (!reads_.load()) {
              std::this_thread::sleep_for(std::chrono::microseconds{50});
              continue;
            }
            for (const auto x : t.list(topic)) sum += x.key().size();
            benchmark::DoNotOptimize(sum);
            ++walks_;
          }
        }) {}
  ~reader() {
    end_ = true;
    thread_.join();
  }
  void let(bool x) { reads_ = x; }
  std::uint64_t walks() const { return walks_.load(); }

private:
  std::atomic<bool> end_{false}, reads_{false};
  std::atomic<std::uint64_t> walks_{0};
  std::thread thread_;
};

class topic_filler {
public:
  steady::duration fill_batch() {
    if (held_ == all) {
      if (!world_.get().untrack(who_)) fail("untrack failed");
      held_ = 0;
    }
    std::vector<std::vector<std::string>> keys(batch / piece);
    for (auto& some : keys)
      for (std::uint32_t i = 0; i < piece; ++i) some.push_back(key_of(order_[held_++]));
    const auto from = steady::now();
    for (auto& some : keys)
      if (!world_.get().track_many(who_, topic, std::move(some), data_)) fail("track failed");
    const auto took = steady::now() - from;
    if (world_.get().count(topic) != held_) fail("not all that was tracked is visible");
    return took;
  }
  tracker& get() noexcept { return world_.get(); }

private:
  world world_;
  caf::actor who_ = world_.actor();
  meta data_{{"name", "ada"}, {"status", "online"}};
  std::mt19937 random_{5};
  std::vector<std::uint32_t> order_ = shuffled(all, random_);
  std::uint32_t held_ = 0;
};

void fill(benchmark::State& state, bool timed_is_read) {
  topic_filler quiet, read;
  reader walker(read.get());
  steady::duration unread_time{0}, read_time{0};
  const auto unread_turn = [&] { unread_time += quiet.fill_batch(); };
  const auto read_turn = [&] {
    walker.let(true);
    read_time += read.fill_batch();
    walker.let(false);
  };
  while (state.KeepRunningBatch(batch)) {
    timed_is_read ? read_turn() : unread_turn();
    state.PauseTiming();
    timed_is_read ? unread_turn() : read_turn();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations());
  if (!timed_is_read) return;
  state.counters["of_unread"] =
      static_cast<double>(unread_time.count()) / static_cast<double>(read_time.count());
  state.counters["walks"] = static_cast<double>(walker.walks());
}

void track_topic(benchmark::State& state) { fill(state, false); }
BENCHMARK(track_topic)->UseRealTime();
void track_topic_read(benchmark::State& state) { fill(state, true); }
BENCHMARK(track_topic_read)->UseRealTime();

// -- deaths --------------------------------------------------------------------------

void actors_die(benchmark::State& state) {
  constexpr std::uint32_t n = 10'000;
  for (auto _ : state) {
    state.PauseTiming();
    auto here = std::make_unique<world>();
    auto& t = here->get();
    const meta data{{"name", "ada"}, {"status", "online"}};
    auto guard = here->actor();
    if (!t.track(guard, "guard", "guard")) fail("track failed");
    const auto ended = std::make_shared<std::atomic<std::uint32_t>>(0);
    std::vector<caf::actor> doomed;
    for (std::uint32_t i = 0; i < n; ++i) {
      doomed.push_back(here->actor());
      // Before the shard monitors it: so it is told before we are.
      caf::actor_cast<caf::strong_actor_ptr>(doomed.back())
          ->get()
          ->attach_functor([ended](const caf::error&) { ++*ended; });
      if (!t.track(doomed.back(), topic, key_of(i), data)) fail("track failed");
    }
    // The shard stands still in a function of ours until all have ended.
    std::binary_semaphore go{0};
    std::thread held{[&] {
      if (!t.update(guard, "guard", "guard", [&go](meta_view) {
            go.acquire();
            return meta{};
          }))
        fail("update failed");
    }};
    for (const auto& x : doomed) caf::anon_send_exit(x, caf::exit_reason::kill);
    while (*ended != n) std::this_thread::sleep_for(std::chrono::milliseconds{1});
    state.ResumeTiming();
    go.release();
    while (t.count(topic) != 0) std::this_thread::yield();
    state.PauseTiming();
    held.join();
    here.reset();
    state.ResumeTiming();
  }
}
BENCHMARK(actors_die)->Unit(benchmark::kMillisecond)->Iterations(5)->UseRealTime();

} // namespace
