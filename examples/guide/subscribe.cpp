// What changes, as it changes: by callbacks.
#include <caf/all.hpp>
#include <fmt/format.h>

#include <chrono>
#include <condition_variable>
#include <mutex>
#include <rollcall/rollcall.hpp>
#include <string>
#include <vector>

using namespace std::chrono_literals;

namespace {

/// A view of all rooms, kept by another thread than the one that reads it.
class rooms {
public:
  void reset(const std::vector<rollcall::presence>& all) {
    const std::lock_guard guard{mutex_};
    fmt::print("at first: {}\n", all.size());
    started_ = true;
    changed_.notify_all();
  }
  void apply(const rollcall::diff& changes) {
    const std::lock_guard guard{mutex_};
    for (const auto& topic : changes) {
      for (const auto& p : topic.joins) fmt::print("{}: {} joins\n", topic.topic, p.key);
      for (const auto& p : topic.leaves) fmt::print("{}: {} leaves\n", topic.topic, p.key);
      joins_ += topic.joins.size();
    }
    changed_.notify_all();
  }
  bool wait_for(std::size_t joins) {
    std::unique_lock guard{mutex_};
    return changed_.wait_for(guard, 60s, [&] { return started_ && joins_ >= joins; });
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool started_ = false;
  std::size_t joins_ = 0;
};

} // namespace

int main() {
  rollcall::config cfg;
  caf::actor_system system(cfg);
  auto t = rollcall::start_tracker(system, {}, {.name = "lobby"});
  if (!t) return fmt::print("{}\n", rollcall::render(t.error())), 1;
  auto user =
      system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](caf::unit_t) {}}; });
  bool ok = true;
  ok = ok && t->track(user, "room:1", "ada");

  rooms seen; // lives longer than the subscription
  auto s = t->subscribe(
      rollcall::on_prefix("room:"),
      {.state = [&](std::uint32_t, const std::vector<rollcall::presence>& all) { seen.reset(all); },
       .diff = [&](std::uint32_t, const rollcall::diff& changes) { seen.apply(changes); }});
  if (!s) return fmt::print("{}\n", rollcall::render(s.error())), 1;
  ok = ok && seen.wait_for(0); // the state came first
  ok = ok && t->track(user, "room:2", "ada");
  ok = ok && t->track(user, "hall:1", "ada"); // not ours
  ok = ok && t->track(user, "room:3", "ada");
  ok = ok && seen.wait_for(2);
  s->cancel();
  caf::anon_send_exit(user, caf::exit_reason::user_shutdown);
  ok = ok && t->stop();
  system.await_all_actors_done(); // the callbacks have ended, too
  return ok ? 0 : 1;
}
