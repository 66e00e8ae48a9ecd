// track_acknowledged: tracks through a shard, each answered when readers see it,
// 64 under way, into a topic that grows from nothing to 100,000 and begins anew.
// echo_acknowledged: the same requests to an actor that does
// nothing but answer: what CAF takes of it. Both run by turns, batch by batch,
// whichever is timed, so that a busy moment of the machine meets both.
//
// One actor that is tracked, under all those keys. track_distinct: the same with
// an actor for each presence, so with a monitor for each.
#include "bench/population.hpp"
#include "bench/rows.hpp"
#include "rollcall/rollcall.hpp"

#include <cstdlib>
#include <iostream>
#include <memory>
#include <semaphore>
#include <string>
#include <vector>

namespace {

using namespace rollcall;
using namespace rollcall::bench;

constexpr std::uint64_t window = 64;
constexpr std::uint64_t batch = 10'000;
constexpr std::uint64_t held_at_most = 100'000;

using echo_actor = compat::typed_actor<caf::result<track_reply>(track_msg)>;

echo_actor::behavior_type echo() {
  return {[](const track_msg&) { return track_reply{}; }};
}

caf::behavior stand_in() {
  return {[](caf::unit_t) {}};
}

// What all clients ask for, in order.
struct requests {
  std::vector<caf::actor_addr> who; ///< one for all, or one each
  std::vector<std::string> keys;
  meta data{{"name", "ada"}, {"status", "online"}};

  track_msg at(std::uint64_t i) const { return {who[i % who.size()], topic, keys[i], data}; }
};

// Told a number, asks that often, `window` at a time, and raises a semaphore
// when all is answered.
template <class Server>
struct client_state {
  std::shared_ptr<const requests> what;
  std::shared_ptr<std::binary_semaphore> finished;
  Server server;
  std::uint64_t first = 0, asked = 0, answered = 0, wanted = 0;

  void ask(caf::event_based_actor* self) {
    compat::request(self, server, caf::infinite, what->at(first + asked++))
        .then(
            [this, self](const track_reply&) {
              if (++answered == wanted)
                finished->release();
              else if (asked < wanted)
                ask(self);
            },
            [](const caf::error& e) {
              std::cerr << "rollcall_bench: a track failed: " << render(e) << '\n';
              std::abort();
            });
  }
};

template <class Server>
caf::behavior client(caf::stateful_actor<client_state<Server>>* self,
                     std::shared_ptr<const requests> what,
                     std::shared_ptr<std::binary_semaphore> finished, Server server) {
  self->state.what = std::move(what);
  self->state.finished = std::move(finished);
  self->state.server = std::move(server);
  // From that request on.
  return {[self](std::uint64_t first) {
    auto& s = self->state;
    s.first = first;
    s.asked = s.answered = 0;
    s.wanted = batch;
    for (std::uint64_t i = 0; i < window; ++i) s.ask(self);
  }};
}

class nobody : public tracker_handler {
  void handle_diff(const diff&) override {}
};

// An actor system with a tracker of one shard, an echo, and a client of each.
class arena {
public:
  explicit arena(std::size_t actors) {
    auto started = start_tracker(system_, make_handler<nobody>(), {.name = "bench"});
    if (!started) fail(render(started.error()));
    tracker_ = *started;
    auto what = std::make_shared<requests>();
    for (std::size_t i = 0; i < actors; ++i) {
      tracked_.push_back(system_.spawn(stand_in));
      what->who.push_back(address_of(tracked_.back()));
    }
    for (std::uint64_t i = 0; i < held_at_most; ++i)
      what->keys.push_back(key_of(static_cast<std::uint32_t>(i)));
    const std::shared_ptr<const requests> shared = what;
    track_ = system_.spawn(client<shard_actor>, shared, finished_, tracker_.shard_for(topic));
    echo_server_ = system_.spawn(echo);
    echo_ = system_.spawn(client<echo_actor>, shared, finished_, echo_server_);
  }

  ~arena() {
    for (const auto& x : tracked_) stop(x);
    stop(track_);
    stop(echo_);
    stop(echo_server_);
    (void)tracker_.stop();
  }

  /// A batch more. Begin with `make_room`.
  void track() {
    compat::anon_send(track_, held_);
    finished_->acquire();
    held_ += batch;
    if (tracker_.count(topic) != held_) fail("not all that was acknowledged is visible");
  }
  void make_room() {
    if (held_ < held_at_most) return;
    for (const auto& x : tracked_)
      if (!tracker_.untrack(x)) fail("untrack failed");
    held_ = 0;
  }
  void echo_all() {
    compat::anon_send(echo_, std::uint64_t{0});
    finished_->acquire();
  }

private:
  [[noreturn]] static void fail(const std::string& why) {
    std::cerr << "rollcall_bench: " << why << '\n';
    std::abort();
  }
  template <class Handle>
  static void stop(const Handle& x) {
    caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
  }

  config config_;
  caf::actor_system system_{config_};
  tracker tracker_;
  std::shared_ptr<std::binary_semaphore> finished_ = std::make_shared<std::binary_semaphore>(0);
  std::vector<caf::actor> tracked_;
  std::uint64_t held_ = 0;
  caf::actor track_, echo_;
  echo_actor echo_server_;
};

void track_through(benchmark::State& state, std::size_t actors) {
  arena both(actors);
  while (state.KeepRunningBatch(batch)) {
    both.track();
    state.PauseTiming();
    both.make_room();
    both.echo_all();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations());
}

void track_acknowledged(benchmark::State& state) { track_through(state, 1); }
BENCHMARK(track_acknowledged)->UseRealTime();

void echo_acknowledged(benchmark::State& state) {
  arena both(1);
  while (state.KeepRunningBatch(batch)) {
    both.echo_all();
    state.PauseTiming();
    both.track();
    both.make_room();
    state.ResumeTiming();
  }
  state.SetItemsProcessed(state.iterations());
}
BENCHMARK(echo_acknowledged)->UseRealTime();

void track_distinct(benchmark::State& state) { track_through(state, held_at_most); }
BENCHMARK(track_distinct)->UseRealTime();

} // namespace
