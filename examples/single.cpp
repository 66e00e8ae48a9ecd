// A tracker in one process, without network: a registry of the actors of a
// program by topic and key, which forgets them when they end.
#include <caf/all.hpp>
#include <fmt/format.h>

#include <rollcall/rollcall.hpp>
#include <thread>

int main() {
  rollcall::config cfg;
  caf::actor_system system(cfg);
  auto jobs = rollcall::start_tracker(system, {}, {.name = "jobs"}); // no cluster node
  if (!jobs) return fmt::print(stderr, "{}\n", rollcall::render(jobs.error())), 1;

  auto job = [](caf::event_based_actor*) -> caf::behavior { return {[](caf::unit_t) {}}; };
  auto copy = system.spawn(job), scan = system.spawn(job);
  bool ok = true;
  ok = ok && jobs->track(copy, "queue:disk", "copy-17", {{"done", 0}});
  ok = ok && jobs->track(scan, "queue:disk", "scan-3", {{"done", 0}});
  // The function gets the old meta and gives the new one; it runs in the shard.
  ok = ok && jobs->update(copy, "queue:disk", "copy-17", [](rollcall::meta_view old) {
    return rollcall::meta{{"done", old["done"].as_int().value_or(0) + 1}};
  });
  for (auto p : jobs->list("queue:disk"))
    fmt::print("{}: {}\n", p.key(), p.meta()["done"].as_int().value_or(-1));

  caf::anon_send_exit(copy, caf::exit_reason::user_shutdown);
  while (jobs->count("queue:disk") > 1) std::this_thread::yield();
  fmt::print("left: {}\n", (*jobs->list("queue:disk").begin()).key());
  caf::anon_send_exit(scan, caf::exit_reason::user_shutdown);
  return ok && jobs->stop() ? 0 : 1;
}
