// Many meshes in one thread: a network of connections that are slow, break,
// fall silent one way or both, and a clock that is turned by hand. All under a
// seed.
#pragma once

#include "cluster/mesh/membership.hpp"

#include <algorithm>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <queue>
#include <set>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace rollcall::cluster::mesh::test {

/// One life of a node, and what its shell would have seen.
struct life {
  std::size_t place = 0; ///< where it listens
  options config;
  std::unique_ptr<membership> machine;
  bool alive = true;
  bool paused = false;
  std::vector<std::function<void()>> held; ///< what came while paused
  std::map<std::string, channel_id> links; ///< by the up and down that it told
  std::vector<refused> refusals;
  std::vector<std::string> warnings;
  std::vector<std::string> resolutions; ///< what names of seeds stood for
  std::vector<std::string> lost_names;  ///< that it has lost its name, and why
  std::vector<std::string> downs;       ///< reasons
  std::optional<fatal> end;
  std::size_t dials = 0;
  std::map<std::size_t, std::size_t> dials_to;  ///< by place
  std::map<std::uint64_t, std::size_t> dialing; ///< under way: the place, by the dial's number
  std::size_t look_ups = 0;
  millis ticks_at{0}; ///< the next one
  std::size_t ticks = 0;
};

/// Whether one of these refusals has that code, and that text in its message.
inline bool says(const std::vector<refused>& all, errc code, const std::string& text) {
  return std::any_of(all.begin(), all.end(), [&](const refused& x) {
    return x.code == code && x.message.find(text) != std::string::npos;
  });
}

class world {
public:
  explicit world(std::uint64_t seed) : random_(seed) {}

  millis now{1000};
  /// Chance in 100 that two who dial each other at one moment lose it all.
  unsigned collision_percent = 25;
  /// Set by the first thing that may never be.
  std::string broken;

  static address address_of(std::size_t place) {
    return {"10.0." + std::to_string(place / 250) + "." + std::to_string(place % 250), 4369};
  }
  static std::size_t place_of(const address&); ///< as numeric as `address_of`

  /// What the name server says to a life: places, or nothing for "no such name".
  using name_server = std::function<std::vector<std::size_t>(const life&)>;
  std::map<std::string, name_server> names;
  /// Until a look-up is answered; with a dead name server the answer is a failure.
  millis look_up_takes{20};
  bool dead_resolver = false;
  /// Who listens there takes connections and says nothing; or swallows all.
  std::set<std::size_t> mute, black;

  /// Starts a node; `change` may edit its options.
  life& start(const std::string& name, std::size_t place, const std::vector<std::size_t>& seeds,
              const std::function<void(options&)>& change = {});
  void kill(life&);      ///< its connections break, later
  void power_off(life&); ///< they do not even break
  void leave(life&);     ///< in order
  void pause(life& x) { x.paused = true; }
  void resume(life&);
  void cut(std::size_t from, std::size_t to) { walls_.insert({from, to}); }
  void heal() { walls_.clear(); }
  void break_connections(unsigned percent);

  void run(millis time);
  /// Runs until it holds, or `most` has gone by.
  bool run_until(const std::function<bool()>&, millis most);
  void step(life&, const event&);

  /// That channel of it, which is nobody's of the world, is lost soon.
  void later_loss(life&, channel_id);
  bool listening_at(std::size_t place) { return listening(place) != nullptr; }

  std::vector<life*> living();
  std::vector<life*> all(); ///< those that have ended, too
  /// All that live and have not ended have one link with each other.
  bool full_mesh();
  /// Who sees what, for a test that failed.
  std::string describe();
  std::uint64_t pick(std::uint64_t n) { return n == 0 ? 0 : random_.up_to(n - 1); }

private:
  struct connection {
    life* ends[2];
    channel_id ids[2];
    bool open = true;
    bool dead_end[2] = {false, false}; ///< has been told that it is lost
    bool hole = false;                 ///< takes everything and delivers nothing
    millis last_arrival[2] = {millis{0}, millis{0}};
  };
  struct timed {
    millis at;
    std::uint64_t order;
    std::function<void()> what;
    bool operator<(const timed& o) const { return std::tie(o.at, o.order) < std::tie(at, order); }
  };

  void later(millis delay, std::function<void()>);
  void at(millis when, std::function<void()>);
  void deliver(life&, std::function<void()>);
  void carry_out(life&, const actions&);
  void dial_out(life&, const dial&);
  void resolve(life&, const look_up&);
  void look_at(life&, const verify&);
  void connected(life&, std::uint64_t dial, std::size_t place);
  void packet(life& from, channel_id, std::string bytes);
  void close(connection&);
  bool walled(const life& from, const life& to) const {
    return walls_.count({from.place, to.place}) != 0;
  }
  life* listening(std::size_t place);
  connection* between(const life&, const life&);
  void tick_of(life&, millis when);
  void check(const life&);

  random_stream random_;
  std::deque<life> lives_;
  std::deque<connection> connections_;
  std::set<std::pair<std::size_t, std::size_t>> walls_;
  std::set<std::pair<const life*, std::size_t>> dialing_;
  std::priority_queue<timed> queue_;
  std::uint64_t order_ = 0;
  std::uint64_t last_inc_ = 0;
  channel_id last_channel_ = 0;
};

} // namespace rollcall::cluster::mesh::test
