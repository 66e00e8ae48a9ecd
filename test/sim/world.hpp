// A whole cluster of the real gossip machine in one thread, on virtual time,
// under one seed.
//
//     sim::world w{7, sim::settings::calm(3)};
//     w.start_all();
//     w.run_until(20s);
//     w.track(0, "lobby", "ada");
//     w.run_until(21s);
//     CHECK(w.sees(2, "lobby", "ada"));
//
// Frames are encoded bytes that travel under `weather`; nodes start, stop,
// stand still and wake, and their wall clocks step. After every event the node
// that took it is checked (observer, truth); a check that fails throws
// `violation`. Same seed and same calls: same run, to the bit (`digest`).
#pragma once

#include "cluster/gossip.hpp"
#include "test/sim/observer.hpp"
#include "test/sim/queue.hpp"
#include "test/sim/settings.hpp"
#include "test/sim/truth.hpp"

#include <cstdint>
#include <deque>
#include <functional>
#include <iosfwd>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall::sim {

/// (from, to): frames on it are lost.
using link = std::pair<int, int>;
using links = std::set<link>;

class world {
public:
  world(std::uint64_t seed, settings, std::ostream* story = nullptr);
  world(const world&) = delete;
  world& operator=(const world&) = delete;

  // -- time
  instant now() const noexcept { return now_; }
  void run_until(instant t);
  /// Until `stop` holds after an event, or t; whether it holds.
  bool run_until(instant t, const std::function<bool()>& stop);
  void at(instant, std::function<void()>);

  // -- nodes
  int size() const noexcept { return static_cast<int>(hosts_.size()); }
  static std::string name_of(int n) { return "n" + std::to_string(n); }
  void start_all();
  void start(int n); ///< a new life; nothing if it runs
  void stop(int n, bool bye);
  void pause(int n, instant length);
  void wake(int n);
  void step_wall_clock(int n, std::int64_t us);
  bool running(int n) const { return host_at(n).machine != nullptr; }
  bool paused(int n) const { return host_at(n).paused; }
  const cluster::gossip& machine(int n) const { return *host_at(n).machine; }

  // -- operations; nothing at a node that does not run
  errc track(int n, const std::string& topic, const std::string& key, std::uint64_t actor = 1);
  errc update(int n, const std::string& topic, const std::string& key, std::uint64_t actor = 1);
  errc untrack(int n, const std::string& topic, const std::string& key, std::uint64_t actor = 1);
  void untrack_all(int n, std::uint64_t actor);
  /// Any event, as the shell would give it: for frames that a test makes.
  cluster::actions give(int n, const cluster::event&);

  // -- network
  sim::weather weather;
  void cut(const links&);
  void heal(const links&);
  void heal_all(); ///< no cuts, and weather as it should be
  /// When the last frame arrives that holds up those behind it on its link.
  instant clear_at() const;

  // -- what is
  const tracker_options& options() const noexcept { return settings_.options; }
  bool sees(int n, std::string_view topic, std::string_view key) const;
  std::size_t seen_of(int n, int owner) const; ///< presences of the owner's present life
  /// All that run see what the owners that run hold.
  bool agreed();
  /// Nobody sees anything of a life that is over.
  bool clean() const;
  /// Nobody holds anything but the slices of who runs, or a gap, or work.
  void check_nothing_left() const;
  void check_all() const;

  struct counts {
    std::uint64_t events = 0, frames[5] = {}, reports = 0, rebirths = 0, refused = 0, downs = 0;
  };
  const counts& count() const noexcept { return count_; }
  std::uint64_t digest() const noexcept { return digest_; }
  void forget_scripts() { queue_.erase_scripts(); }

private:
  struct envelope { // what lies in an inbox
    enum class type { frame, link_up, link_down } what = type::frame;
    int from = 0;
    std::shared_ptr<const std::string> bytes;
    cluster::frame_kind kind{};
    replica_id sender;
    bool corrupted = false;
  };
  static constexpr std::int64_t wall_at_start_us = 10'000'000'000;
  struct host {
    std::string name;
    std::unique_ptr<cluster::gossip> machine; // null: does not run
    std::unique_ptr<observer> eyes;
    std::map<identity, std::string> acked; // what it was told to hold
    unsigned life = 0;                     // events of former lives are void
    std::int64_t wall_us = wall_at_start_us;
    bool paused = false;
    bool tick_missed = false;
    std::deque<envelope> inbox;
    std::optional<instant> flush_set;
    bool proceed_set = false;
    bool proceed_missed = false;
    std::vector<unsigned> told; // the peer's life to which its link is up; 0: down
    unsigned steps = 0;
  };

  host& host_at(int n) { return hosts_[static_cast<std::size_t>(n)]; }
  const host& host_at(int n) const { return hosts_[static_cast<std::size_t>(n)]; }

  // world.cpp
  /// How far the time that a machine is given is from ours.
  instant offset(const host& h) const noexcept {
    return instant{settings_.wall_time ? (h.wall_us - wall_at_start_us) / 1000 : 0};
  }
  cluster::actions step(int n, const cluster::event&, bool corrupted = false);
  void tick(int n, unsigned life);
  void flush(int n, unsigned life, instant due);
  void proceed(int n, unsigned life);
  void follow_up(int n, const cluster::actions&);
  enum class op { track, update, untrack };
  errc operate(int n, const identity&, op);
  void absorb(std::uint64_t) noexcept; // into the digest
  void absorb(std::string_view) noexcept;

  // world_state.cpp
  void check_own(int n) const;

  // world_network.cpp
  void ship(int n, const std::vector<cluster::outgoing>&);
  void deliver(int to, envelope);
  void read(int n, const envelope&);
  void relink(int a, int b);
  void relink_all();
  bool connected(int a, int b) const;
  std::shared_ptr<const std::string> corrupt(const std::string&);

  // world_story.cpp
  void say(const std::string& who, const std::string& what) const; ///< nothing without a story
  void tell(int to, const envelope&) const;
  void tell(int n, const cluster::actions&) const;

  settings settings_;
  random r_;
  std::ostream* story_;
  instant now_{0};
  event_queue queue_;
  truth truth_;
  std::vector<host> hosts_;
  links blocked_;
  std::map<link, instant> last_; // when the last frame of a link arrives
  bool healed_ = false;
  bool views_changed_ = true;
  bool agreed_ = false;
  std::uint64_t serial_ = 0;
  counts count_;
  std::uint64_t digest_ = 0xCBF29CE484222325ull;
};

} // namespace rollcall::sim
