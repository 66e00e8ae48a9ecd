#include "tools/rollcall/process_watch.hpp"

#include "test/catch.hpp"
#include "tools/rollcall/child_process.hpp"

#include <chrono>
#include <condition_variable>
#include <csignal>
#include <set>

using namespace rollcall::tool;
using namespace std::chrono_literals;

namespace {

struct ended {
  std::mutex mutex;
  std::condition_variable changed;
  std::set<std::uint64_t> tickets;

  void add(std::uint64_t ticket) {
    std::lock_guard guard(mutex);
    tickets.insert(ticket);
    changed.notify_all();
  }
  bool wait_for(const std::set<std::uint64_t>& what) {
    std::unique_lock lock(mutex);
    return changed.wait_for(lock, 20s, [&] { return tickets == what; });
  }
};

child_process sleeper() { return child_process({"/bin/sleep", "1000"}); }

} // namespace

TEST_CASE("the end of a process is told once, however it ends") {
  ended seen;
  process_watch watch([&](std::uint64_t ticket) { seen.add(ticket); });
  auto killed = sleeper(), stays = sleeper();
  child_process exits({"/bin/cat"});
  std::string why;
  CHECK(watch.watch(killed.pid(), 1, why) == process_watch::result::watching);
  CHECK(watch.watch(stays.pid(), 2, why) == process_watch::result::watching);
  CHECK(watch.watch(exits.pid(), 3, why) == process_watch::result::watching);
  CHECK(seen.wait_for({}));
  killed.send_signal(SIGKILL);
  CHECK(seen.wait_for({1})); // a zombie until we wait for it: ended all the same
  exits.close_input();
  CHECK(seen.wait_for({1, 3}));
}

TEST_CASE("what is no process cannot be watched") {
  process_watch watch([](std::uint64_t) {});
  auto gone = sleeper();
  const auto pid = gone.pid();
  gone.end();
  std::string why;
  CHECK(watch.watch(pid, 1, why) == process_watch::result::no_such_process);
  CHECK(watch.watch(0, 2, why) == process_watch::result::no_such_process);
  CHECK(watch.watch(-1, 3, why) == process_watch::result::no_such_process);
  CHECK(watch.watch(2'000'000'000, 4, why) == process_watch::result::no_such_process);
}

TEST_CASE("a zombie has ended") {
  ended seen;
  process_watch watch([&](std::uint64_t ticket) { seen.add(ticket); });
  auto child = sleeper();
  child.send_signal(SIGKILL);
  std::this_thread::sleep_for(50ms); // most likely a zombie now; right either way
  std::string why;
  CHECK(watch.watch(child.pid(), 1, why) == process_watch::result::watching);
  CHECK(seen.wait_for({1}));
}
