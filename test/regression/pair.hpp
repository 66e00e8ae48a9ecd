// Two or three machines whose frames the test carries by hand: held back,
// dropped, doubled or passed in another order.
#pragma once

#include "cluster/gossip/gossip.hpp"
#include "cluster/wire/frame.hpp"
#include "test/catch.hpp"

#include <deque>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace regression {

using namespace rollcall;
using namespace rollcall::cluster;
using namespace std::chrono_literals;

using names = std::vector<std::string>;

inline frame_kind kind_of(const std::string& bytes) { return decode(bytes, limits{}).frame.kind; }

/// (from, to): the frames under way, in order of sending.
struct mail {
  std::string from, to;
  std::shared_ptr<const std::string> bytes;
  frame_kind kind() const { return kind_of(*bytes); }
};

class net {
public:
  explicit net(tracker_options o = {}) : options(std::move(o)) {}

  gossip& start(const std::string& name, incarnation inc) {
    machines_.erase(name);
    return machines_.try_emplace(name, gossip{{name, inc}, options, now, now}).first->second;
  }
  void stop(const std::string& name) { machines_.erase(name); }
  gossip& at(const std::string& name) { return machines_.at(name); }

  /// Links of all that run, both ways.
  void link() {
    for (auto& [a, x] : machines_)
      for (auto& [b, y] : machines_)
        if (a != b) give(a, link_up{b});
  }

  actions give(const std::string& name, const event& e) {
    auto did = at(name).step(e, now);
    for (auto& f : did.frames)
      for (auto& to : f.to) under_way.push_back({name, to, f.bytes});
    for (auto& x : did.events) events.emplace_back(name, x);
    while (at(name).step(proceed{}, now).more) {
    }
    return did;
  }
  void pass(const mail& m) {
    if (machines_.count(m.to) != 0) give(m.to, frame_in{*m.bytes});
  }
  /// All that is under way, and what it brings about.
  void deliver() {
    while (!under_way.empty()) pass(take());
  }
  mail take() {
    auto m = under_way.front();
    under_way.pop_front();
    return m;
  }
  /// The first of that kind to somebody, out of what is under way.
  mail take(frame_kind kind, const std::string& to) {
    for (auto i = under_way.begin(); i != under_way.end(); ++i)
      if (i->to == to && i->kind() == kind) {
        auto m = *i;
        under_way.erase(i);
        return m;
      }
    FAIL("no such frame is under way");
    return {};
  }
  std::size_t count(frame_kind kind) const {
    std::size_t n = 0;
    for (auto& m : under_way) n += m.kind() == kind;
    return n;
  }

  // -- operations
  void track(const std::string& name, const std::string& key, std::uint64_t actor = 1) {
    REQUIRE(give(name, op_track{"t", key, actor, rollcall::meta{}.bytes()}).code == errc::none);
  }
  void untrack(const std::string& name, const std::string& key, std::uint64_t actor = 1) {
    REQUIRE(give(name, op_untrack{"t", key, actor}).code == errc::none);
  }
  void flush(const std::string& name) { give(name, timer_due{}); }
  /// Ticks of all, in order, and what they bring about; nothing is lost.
  void run_for(instant t) {
    for (const auto until = now + t; now < until;) {
      now += options.broadcast_period;
      for (auto& [name, x] : machines_) give(name, tick{});
      deliver();
    }
  }

  names list(const std::string& name) { return of(at(name).state().table().list("t")); }
  names held(const std::string& name) { return of(at(name).state().table().dirty_list("t")); }

  const tracker_options options;
  instant now{0};
  std::deque<mail> under_way;
  std::vector<std::pair<std::string, replica_event>> events;

private:
  static names of(const presence_list& all) {
    names x;
    for (auto p : all) x.emplace_back(p.key());
    return x;
  }
  std::map<std::string, gossip> machines_;
};

} // namespace regression
