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
// stand still and wake, and their wall clocks step. After every event the shard
// that took it is checked (observer, truth); a check that fails throws
// `violation`. Same seed and same calls: same run, to the bit (`digest`).
#pragma once

#include "cluster/gossip/gossip.hpp"
#include "test/sim/letter.hpp"
#include "test/sim/listener.hpp"
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
  template <class Stop>
  bool run_until(instant t, Stop&& stop) {
    while (next(t))
      if (stop()) return true;
    return stop();
  }
  void at(instant, std::function<void()>);
  void forget_scripts(); ///< all that `at` was told and that has not happened

  // -- nodes
  int size() const noexcept { return static_cast<int>(hosts_.size()); }
  int shards() const noexcept { return settings_.shards; }
  static std::string name_of(int n) { return "n" + std::to_string(n); }
  void start_all();
  void start(int n); ///< a new life; nothing if it runs
  void stop(int n, bool bye);
  void pause(int n, instant length);
  void wake(int n);
  /// It takes up to `cost` for each event, for so long.
  void slow_down(int n, instant length, instant cost);
  /// One shard dies and comes back with its presences; its siblings live.
  void crash_shard(int n, int which);
  /// It goes: its presences are shown for so long.
  void drain(int n, instant lease);
  void step_wall_clock(int n, std::int64_t us);
  /// The node has gone bad: it sends a well-formed lie to every other node that it
  /// has a link to, of one of `kinds_of_lies` kinds. What it does otherwise is honest.
  static constexpr int kinds_of_lies = 10;
  void lie(int n, int kind);
  bool running(int n) const { return host_at(n).running; }
  bool paused(int n) const { return host_at(n).paused; }
  const cluster::gossip& machine(int n, int of = 0) const { return *shard_at(n, of).machine; }

  /// It hears of this node from now on; null: nobody does. It must live as long
  /// as the world, or until another takes its place.
  void listen(int n, listener* who) { host_at(n).hears = who; }
  /// What a reader of that node sees.
  presence_list presences(int n, std::string_view topic) const;

  // -- operations; nothing at a node that does not run
  /// No meta: one of its own, unlike all others.
  errc track(int n, std::string_view topic, std::string_view key, std::uint64_t actor = 1,
             const rollcall::meta* = nullptr);
  errc update(int n, std::string_view topic, std::string_view key, std::uint64_t actor = 1,
              const rollcall::meta* = nullptr);
  errc untrack(int n, std::string_view topic, std::string_view key, std::uint64_t actor = 1);
  void untrack_all(int n, std::uint64_t actor);
  /// Any event, as the shell would give it: for frames that a test makes.
  cluster::actions give(int n, const cluster::event&, int which = 0);

  // -- network
  sim::weather weather;
  void cut(const links&);
  void heal(const links&);
  /// The link holds all that comes for so long, and then gives it at once.
  void clog(const links&, instant length);
  void heal_all(); ///< no cuts, nobody slow, and weather as it should be
  /// When the last frame arrives that holds up those behind it on its link.
  instant clear_at() const;
  instant leases_end() const noexcept { return leases_end_; }

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
  /// S1 and S3, by the reads of every node: what was acknowledged, and no more.
  void check_reads() const;
  void check_all() const;
  /// What is there, whatever the order in which it came: for S8.
  std::string contents() const;

  struct counts {
    std::uint64_t events = 0, frames[cluster::frame_kind_count] = {}, reports = 0, rebirths = 0,
                  refused = 0, downs = 0, unknown = 0;
  };
  const counts& count() const noexcept { return count_; }
  std::uint64_t digest() const noexcept { return digest_; }

private:
  struct happening {
    enum class type : std::uint8_t {
      // of the world
      call,
      wake,
      serve,
      relink,
      // for a process: what may lie in its inbox
      frame,
      link_up,
      link_down,
      tick,
      flush,
      proceed,
    };
    type what = type::call;
    bool script = false;
    int node = 0, shard = 0, from = 0;
    unsigned life = 0; ///< of the process, or (timers) of the shard; frames: 0 is any
    instant due{0};    ///< of a flush, in the machine's time
    std::shared_ptr<const letter> sent;
    std::shared_ptr<const std::string> damaged; ///< what became of its bytes on the way
    std::function<void()> call;
    bool timer() const noexcept { return what >= type::tick; }
  };
  struct acknowledged {
    std::string meta;
    rollcall::ref ref;
    std::optional<rollcall::ref> prev_ref;
  };
  struct shard {
    std::unique_ptr<cluster::gossip> machine;
    std::unique_ptr<observer> eyes;
    life* own = nullptr;
    std::map<identity_no, acknowledged> acked; ///< what it was told to hold
    unsigned life_no = 0;                      ///< timers of former lives are void
    std::optional<instant> flush_set;
    bool proceed_set = false;
    unsigned steps = 0;
  };
  static constexpr std::int64_t wall_at_start_us = 10'000'000'000;
  struct host {
    std::string name;
    bool running = false, paused = false, serving = false;
    unsigned life = 0; ///< events of former lives are void
    std::int64_t wall_us = wall_at_start_us;
    instant slow_until{-1}, cost{0};
    std::deque<happening> inbox;
    std::vector<shard> shards;
    listener* hears = nullptr;
    std::vector<unsigned> told; ///< the peer's life to which its link is up; 0: down
  };
  struct way { ///< from one node to another
    bool blocked = false;
    instant last{0}; ///< when its last frame arrives
    instant clogged_until{-1};
    std::vector<happening> stuck;
  };

  host& host_at(int n) { return hosts_[static_cast<std::size_t>(n)]; }
  const host& host_at(int n) const { return hosts_[static_cast<std::size_t>(n)]; }
  shard& shard_at(int n, int s) { return host_at(n).shards[static_cast<std::size_t>(s)]; }
  const shard& shard_at(int n, int s) const {
    return host_at(n).shards[static_cast<std::size_t>(s)];
  }
  way& way_at(int from, int to) {
    return ways_[static_cast<std::size_t>(from) * hosts_.size() + static_cast<std::size_t>(to)];
  }
  const way& way_at(int from, int to) const { return const_cast<world*>(this)->way_at(from, to); }
  truth& truth_at(int s) { return truths_[static_cast<std::size_t>(s)]; }

  // world.cpp
  bool next(instant t); ///< false: nothing happens up to t, which is now
  void happen(happening&);
  void arrive(happening&);
  void take(const happening&);
  void serve(int n);
  bool slow(const host&) const;

  // world_nodes.cpp
  void begin(int n, int s, std::uint64_t start_us);
  void end(int n, int s);
  void set_tick(int n, int s, instant at);
  /// How far the time that a machine is given is from ours.
  instant offset(const host& h) const noexcept {
    return instant{settings_.wall_time ? (h.wall_us - wall_at_start_us) / 1000 : 0};
  }
  std::uint64_t wall_clock(const host&) const;

  // world_step.cpp
  cluster::actions step(int n, int s, const cluster::event&, const letter* read = nullptr,
                        bool damaged = false);
  void follow_up(int n, int s, const cluster::actions&);
  enum class op { track, update, untrack };
  errc operate(int n, std::string_view topic, std::string_view key, std::uint64_t actor, op,
               const rollcall::meta* = nullptr);
  void tell_listener(int n, int s, const cluster::actions&) const;
  int shard_of(std::string_view topic) const;
  void absorb(std::uint64_t) noexcept; // into the digest
  void absorb(std::string_view) noexcept;

  // world_state.cpp
  void check_own(int n, int s) const;
  template <class F>
  void each_shard(F&&) const;

  // world_network.cpp
  void ship(int n, int s, const std::vector<cluster::outgoing>&);
  void send(int n, int to, int s, const std::shared_ptr<const letter>&);
  void check_announced(int to, const letter&);
  void check_frame(int n, int s, const cluster::frame&, std::size_t bytes) const;
  std::shared_ptr<letter> read_once(int n, int s, const std::shared_ptr<const std::string>&);
  std::shared_ptr<const letter> of_later_version(const letter&);
  std::shared_ptr<const letter> of_unknown_kind(const letter&);
  void unclog(int from, int to);
  void relink(int a, int b);
  void relink_all();
  bool connected(int a, int b) const;
  std::shared_ptr<const std::string> corrupt(const std::string&);

  // world_lies.cpp
  std::string a_lie(int n, int to, int s, int kind);
  void lying_part(cluster::frame&, const life& victim, int kind);
  const life* victim_of(int liar, int to, int s);

  // world_story.cpp
  void say(const std::string& who, const std::string& what) const; ///< nothing without a story
  void tell(const happening&) const;
  void tell(int n, int s, const cluster::actions&) const;

  settings settings_;
  random r_;
  std::ostream* story_;
  instant now_{0};
  event_queue<happening> queue_;
  std::vector<truth> truths_; // by shard
  std::vector<host> hosts_;
  std::vector<way> ways_;
  instant leases_end_{0};                                              ///< of all that drain
  std::map<std::pair<const life*, int>, crdt::clock_value> announced_; // to whom, for S5
  bool healed_ = false;
  bool somebody_lies_ = false;
  bool views_changed_ = true;
  bool agreed_ = false;
  std::uint64_t serial_ = 0;
  counts count_;
  std::uint64_t digest_ = 0xCBF29CE484222325ull;
};

} // namespace rollcall::sim
