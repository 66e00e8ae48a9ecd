// What a cluster tells about itself: peers, replicas, counters. Two actor
// systems of this process are its nodes.
#include <caf/all.hpp>
#include <fmt/format.h>

#include <atomic>
#include <chrono>
#include <rollcall/rollcall.hpp>
#include <thread>

using namespace std::chrono_literals;

int main() {
  std::atomic<int> peers{0}, replicas{0}, gone{0};
  rollcall::config cfg_a, cfg_b;
  caf::actor_system system_a(cfg_a), system_b(cfg_b);

  auto a = rollcall::start_cluster(system_a, {.node_name = "a"});
  if (!a) return fmt::print("{}\n", rollcall::render(a.error())), 1;
  auto b = rollcall::start_cluster(system_b, {.node_name = "b", .seeds = {a->listen()}});
  if (!b) return fmt::print("{}\n", rollcall::render(b.error())), 1;
  auto on_a = rollcall::start_tracker(system_a, {}, {.name = "lobby"}, *a);
  auto on_b =
      rollcall::start_tracker(system_b, {}, {.name = "lobby", .permdown_on_shutdown = true}, *b);
  if (!on_a || !on_b) return 1;

  // Links, and why they are not up.
  auto links = a->observe([&](const rollcall::cluster_event& e) {
    fmt::print("link: {} {} {}\n", to_string(e.kind), e.node, e.text);
    if (e.kind == rollcall::cluster_event_kind::peer_up) ++peers;
  });
  // Replicas: whose presences are shown, hidden, dropped.
  auto events = on_a->observe([&](const rollcall::tracker_event& e) {
    fmt::print("replica: {} {}\n", to_string(e.kind), e.replica.name);
    if (e.kind == rollcall::tracker_event_kind::replica_up) ++replicas;
    if (e.kind == rollcall::tracker_event_kind::replica_permdown) ++gone;
  });
  if (!links || !events) return 1;
  while (peers == 0 || replicas == 0) std::this_thread::sleep_for(10ms);

  auto list = a->peers();
  auto counters = on_a->stats();
  if (!list || !counters) return 1;
  for (const auto& p : *list)
    fmt::print("peer {} at {} is {}\n", p.name, p.address, rollcall::to_string(p.state));
  fmt::print("merges {}, pulls {}\n", counters->merges, counters->pulls);

  // An orderly end of b that says bye: a drops it at once, not after down_period.
  bool ok = on_b->stop() && b->stop();
  while (gone == 0) std::this_thread::sleep_for(10ms);
  ok = on_a->stop() && a->stop() && ok;
  system_a.await_all_actors_done(); // observers have ended, too
  return ok ? 0 : 1;
}
