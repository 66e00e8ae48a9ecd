// Two rooms, and a handler that says who comes and who goes.
#include <caf/all.hpp>
#include <fmt/format.h>

#include <cstdio>
#include <rollcall/rollcall.hpp>
#include <thread>

/// Hears of every join and leave, in this node's rooms and in those of others.
class announcer : public rollcall::tracker_handler {
  void handle_diff(const rollcall::diff& changes) override {
    for (const auto& room : changes) {
      for (const auto& p : room.leaves) fmt::print("{}: {} left\n", room.topic, p.key);
      for (const auto& p : room.joins)
        fmt::print("{}: {} joined, {}\n", room.topic, p.key, p.meta.to_json());
    }
  }
};

/// What is tracked is an actor: here, one for each user.
caf::behavior user(caf::event_based_actor*) {
  return {[](caf::unit_t) {}};
}

int main() {
  rollcall::config cfg;
  caf::actor_system system(cfg);
  // Other processes: the same with another name, and with .seeds = {node->listen()}.
  auto node = rollcall::start_cluster(system, {.node_name = "a"});
  if (!node) return fmt::print(stderr, "{}\n", rollcall::render(node.error())), 1;
  auto lobby = rollcall::start_tracker(system, rollcall::make_handler<announcer>(),
                                       {.name = "lobby"}, *node);
  if (!lobby) return fmt::print(stderr, "{}\n", rollcall::render(lobby.error())), 1;

  auto ada = system.spawn(user), bob = system.spawn(user);
  bool ok = true;
  ok = ok && lobby->track(ada, "room:1", "ada", {{"status", "online"}});
  ok = ok && lobby->track(ada, "room:2", "ada");
  ok = ok && lobby->track(bob, "room:1", "bob", {{"status", "online"}});
  ok = ok && lobby->update(bob, "room:1", "bob", rollcall::meta{{"status", "away"}});
  for (auto p : lobby->list("room:1")) // reads: any thread, no waiting
    fmt::print("here: {} {}\n", p.key(), p.meta()["status"].as_string().value_or("?"));

  caf::anon_send_exit(ada, caf::exit_reason::user_shutdown);    // nobody calls untrack:
  while (lobby->count("room:2") > 0) std::this_thread::yield(); // ada's end is her leave
  ok = ok && lobby->untrack(bob) && lobby->count("room:1") == 0;
  caf::anon_send_exit(bob, caf::exit_reason::user_shutdown);
  ok = ok && lobby->stop() && node->stop();
  return ok ? 0 : 1;
}
