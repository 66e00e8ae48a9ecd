// Whole nodes in one process: an actor system, an endpoint on loopback and a
// tracker each, linked by the real middleman.
#pragma once

#include "actors/access.hpp"
#include "actors/node_state.hpp"
#include "actors/shard_messages.hpp"
#include "test/actors/fixture.hpp"

#include <atomic>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace upstream {

using namespace fixture;

constexpr auto heartbeat = 1, pull = 2, state = 3; // rows of tracker_stats

using names = std::vector<std::string>;

inline names of(const rollcall::presence_list& all) {
  names result;
  for (auto x : all) result.emplace_back(x.key());
  return result;
}

/// Periods in tenths of a second; nobody is called down, however busy the
/// machine is.
inline rollcall::tracker_options steady() {
  rollcall::tracker_options x;
  x.name = "lobby";
  x.broadcast_period = 100ms;
  x.max_silent_periods = 3;
  x.down_period = 60s;
  x.permdown_period = 120s;
  x.flush_interval = 5ms;
  return x;
}

/// Who is silent is down after a second and permdown after three. On a busy
/// machine the living may be called down too, for a while: tests that use these
/// wait for what must come true in the end.
inline rollcall::tracker_options hasty() {
  auto x = steady();
  x.down_period = 1s;
  x.permdown_period = 3s;
  return x;
}

/// What a node told: events as "replica_up b", diffs as "+key" and "-key"; and
/// at each event what topic t shows and holds, "ada bob / ada bob eve".
struct told {
  notes events, diffs, views;
};

class node {
public:
  explicit node(const std::string& name, const rollcall::tracker_options& options,
                std::vector<std::string> seeds = {})
      : name_(name), options_(options), told_(std::make_shared<told>()) {
    system_ = std::make_unique<own_system>();
    auto joined = rollcall::start_cluster(
        system_->get(), {.node_name = name, .cluster_name = "upstream", .seeds = std::move(seeds)});
    if (!joined) FAIL(rollcall::render(joined.error()));
    cluster_ = *joined;
    start_tracker();
  }
  ~node() {
    if (!system_) return;
    stop_tracker();
    end();
  }
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  /// Its end is not told to anybody: connections break, and that is all.
  void crash() {
    caf::anon_send_exit(rollcall::actors::access::state_of(cluster_)->keeper, caf::exit_reason::kill); // it would bring it back
    caf::anon_send_exit(rollcall::actors::access::state_of(cluster_)->endpoint, caf::exit_reason::kill);
    CHECK(eventually([&] { return code(cluster_.peers()) != errc::none; }));
    stop_tracker();
    end();
  }
  void stop_tracker() {
    if (tracker_) (void)tracker_.stop();
    tracker_ = {};
  }
  void start_tracker() {
    auto notes = told_;
    auto t = rollcall::start_tracker(
        system_->get(),
        scripted_handler({.diff = [notes](auto&, auto& d) { notes->diffs.add(brief(d)); },
                          .event =
                              [notes](auto& here, const rollcall::tracker_event& e) {
                                const auto what =
                                    rollcall::to_string(e.kind) + " " + e.replica.name;
                                notes->views.add(what + ": "
                                                 + fixture::keys(here.tracker->list("t")) + " / "
                                                 + fixture::keys(here.tracker->dirty_list("t")));
                                notes->events.add(what);
                              }}),
        options_, cluster_);
    if (!t) FAIL(rollcall::render(t.error()));
    tracker_ = t->with_timeout(rollcall::millis{patience});
  }

  caf::actor_system& system() { return system_->get(); }
  const rollcall::tracker& tracker() const { return tracker_; }
  const rollcall::cluster_node& cluster() const { return cluster_; }
  std::string address() const { return cluster_.listen(); }
  const told& heard() const { return *told_; }

  caf::actor idle() {
    auto x = system_->get().spawn([](caf::event_based_actor*) -> caf::behavior {
      return {[](std::int32_t i) { return i; }};
    });
    actors_.push_back(x);
    return x;
  }
  rollcall::ref track(const std::string& key, const meta& data = {}) {
    auto x = tracker_.track(idle(), "t", key, data);
    if (!x) FAIL(rollcall::render(x.error()));
    return *x;
  }
  void kill(caf::actor x) {
    for (auto& mine : actors_)
      if (mine == x) mine = nullptr;
    caf::anon_send_exit(x, caf::exit_reason::kill);
  }

  names list(const std::string& topic = "t") const { return of(tracker_.list(topic)); }
  names dirty_list(const std::string& topic = "t") const { return of(tracker_.dirty_list(topic)); }
  bool lists(const names& want, const std::string& topic = "t") const {
    return eventually([&] { return list(topic) == want; });
  }

  std::optional<rollcall::replica_state> held(const std::string& other) const {
    const auto all = tracker_.replicas();
    if (all)
      for (auto& x : *all)
        if (x.id.name == other) return x;
    return std::nullopt;
  }
  bool holds(const std::string& other, bool up) const {
    return eventually([&] {
      const auto x = held(other);
      return x && x->up == up;
    });
  }
  bool holds(const std::string& other, const rollcall::replica_id& life) const {
    return eventually([&] {
      const auto x = held(other);
      return x && x->up && x->id == life;
    });
  }
  bool holds_after(const std::string& other, const rollcall::replica_id& life) const {
    return eventually([&] {
      const auto x = held(other);
      return x && x->up && x->id.inc > life.inc;
    });
  }
  bool forgets(const std::string& other) const {
    return eventually([&] { return !held(other); });
  }
  bool linked(const std::string& other) const {
    return eventually([&] {
      const auto all = cluster_.peers();
      return all && std::any_of(all->begin(), all->end(), [&](const rollcall::cluster_peer& x) {
               return x.name == other && x.state == rollcall::peer_state::up;
             });
    });
  }
  std::uint64_t in(int kind) const { return tracker_.stats()->frames_in.at(std::size_t(kind)); }
  std::uint64_t out(int kind) const { return tracker_.stats()->frames_out.at(std::size_t(kind)); }
  std::uint64_t pulls() const { return tracker_.stats()->pulls; }
  /// So many further heartbeats come in.
  bool hears_heartbeats(std::uint64_t n) const {
    const auto before = in(heartbeat);
    return eventually([&] { return in(heartbeat) >= before + n; });
  }

  /// Stops the shard where it stands, until `resume`.
  void suspend() {
    suspended_ = std::make_shared<std::atomic<bool>>(true);
    rollcall::compat::anon_send(caf::actor_cast<rollcall::actors::inner_shard>(tracker_.shard(0)),
                                rollcall::actors::call_msg{[x = suspended_](void*) {
                                  while (*x) std::this_thread::sleep_for(1ms);
                                }});
  }
  void resume() { *suspended_ = false; }

private:
  struct own_system {
    rollcall::config cfg;
    std::unique_ptr<caf::actor_system> it;
    own_system() { it = std::make_unique<caf::actor_system>(cfg); }
    caf::actor_system& get() { return *it; }
  };
  void end() {
    for (auto& x : actors_) caf::anon_send_exit(x, caf::exit_reason::kill);
    actors_.clear();
    (void)cluster_.stop();
    cluster_ = {};
    system_.reset();
  }

  std::string name_;
  rollcall::tracker_options options_;
  std::shared_ptr<told> told_;
  std::unique_ptr<own_system> system_;
  rollcall::cluster_node cluster_;
  rollcall::tracker tracker_;
  std::vector<caf::actor> actors_;
  std::shared_ptr<std::atomic<bool>> suspended_;
};

/// Three that see each other.
struct three {
  rollcall::tracker_options options;
  node a, b, c;
  explicit three(const rollcall::tracker_options& x = steady())
      : options(x), a("a", x), b("b", x, {a.address()}), c("c", x, {a.address()}) {
    for (auto* x1 : {&a, &b, &c})
      for (const char* other : {"a", "b", "c"}) REQUIRE(x1->holds(other, true));
  }
};

} // namespace upstream
