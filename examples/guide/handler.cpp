// A handler with a state of its own, in all that it may do.
#include <caf/all.hpp>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <map>
#include <rollcall/rollcall.hpp>
#include <string>
#include <thread>

using namespace std::chrono_literals;

namespace {

std::atomic<int> reports{0};

/// Counts who is where; asked by message, it reports.
class census : public rollcall::tracker_handler {
public:
  explicit census(std::string title) : title_(std::move(title)) {}

  rollcall::init_result init() override {
    if (title_.empty())
      return rollcall::init_result::stop(
          rollcall::make_error(rollcall::errc::init_failed, "a census needs a title"));
    return rollcall::init_result::ok();
  }

  void handle_diff(const rollcall::diff& changes) override {
    for (const auto& topic : changes) {
      auto& here = here_[topic.topic];
      here += topic.joins.size();
      here -= topic.leaves.size(); // an update is both, and counts for nothing
      // Reads show this very diff already.
      if (here != context().tracker->count(topic.topic)) fmt::print("this cannot be\n");
    }
  }

  void handle_info(const rollcall::info& what) override {
    if (const auto* text = what.get_if<std::string>(); text && *text == "report") {
      for (const auto& [topic, here] : here_)
        fmt::print("{}, {}: {}: {}\n", title_, context().shard_name, topic, here);
      ++reports;
    }
  }

  void handle_event(const rollcall::tracker_event& what) override {
    fmt::print("{}: {}\n", to_string(what.kind), what.replica.name);
  }

private:
  std::string title_;
  std::map<std::string, std::size_t> here_;
};

} // namespace

int main() {
  rollcall::config cfg;
  caf::actor_system system(cfg);
  auto failed = rollcall::start_tracker(system, rollcall::make_handler<census>(std::string{}),
                                        {.name = "untitled"});
  fmt::print("{}\n", rollcall::render(failed.error())); // init_failed: a census needs a title

  auto t = rollcall::start_tracker(system, rollcall::make_handler<census>(std::string{"Sunday"}),
                                   {.name = "census", .pool_size = 2});
  if (!t) return fmt::print("{}\n", rollcall::render(t.error())), 1;
  auto someone =
      system.spawn([](caf::event_based_actor*) -> caf::behavior { return {[](caf::unit_t) {}}; });
  bool ok = true;
  for (int i = 0; i < 10; ++i)
    ok = ok && t->track(someone, fmt::format("house:{}", i % 3), fmt::format("person:{}", i));
  for (std::size_t i = 0; i < t->pool_size(); ++i) // one handler for each shard
    caf::anon_send(t->shard(i), rollcall::info_msg{caf::make_message(std::string{"report"})});
  while (reports < 2) std::this_thread::sleep_for(1ms);
  caf::anon_send_exit(someone, caf::exit_reason::user_shutdown);
  return ok && t->stop() ? 0 : 1;
}
