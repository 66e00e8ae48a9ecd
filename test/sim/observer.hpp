// What a reader of one node sees, and the checks of it.
//
// The observer folds the reports of one machine, as a handler would, and holds
// the result against the reads of that machine and against the owners' truth:
//
//   fold      the fold of all diffs is what `list` and `count` show; no join of
//             the present, no leave of the absent
//   sound     what the node knows and does not hold alive is dead at its owner;
//             what it holds was born there, and looks the same
//   complete  what it holds at or below its prefix c lived at the owner's clock c
//   unique    one presence per (slice, topic, key, actor)
//   final     nothing of a life that said bye, or was superseded, comes back
//   bounds    log, gaps, bytes under way, answers, ended lives
//
// Checks cost what changed: topics and slices that a step touched, and all of
// it now and then.
#pragma once

#include "cluster/gossip.hpp"
#include "test/sim/truth.hpp"

#include <cstddef>
#include <map>
#include <set>
#include <string>
#include <string_view>

namespace rollcall::sim {

class observer {
public:
  observer(truth& all, const tracker_options& opt) : truth_(all), opt_(opt) {}

  /// The reports of one step, in order. True when there was any.
  bool fold(const cluster::gossip&, const cluster::actions&);
  /// The slices of others. `merged`: the step merged something.
  void check(const cluster::gossip&, bool merged);
  void check_all(const cluster::gossip&);

  /// A bye of that life was read: it must not come back.
  void said_bye(const replica_id& who) { final_.insert(who); }
  /// A frame of that life was read: the one read of before it, if it was lower,
  /// is superseded and must not come back.
  void heard(const replica_id& who);

  /// What it sees of one life: dot -> presence.
  using seen = std::map<crdt::dot, const fact*>;
  const seen& of(const life&) const;
  const std::map<std::size_t, seen>& all() const noexcept { return by_life_; }
  std::size_t size() const noexcept { return size_; }
  bool sees(std::string_view topic, std::string_view key) const;

private:
  // as `list` orders: key, then ref; then, as refs may be equal by chance, life
  using place = std::tuple<std::string_view, rollcall::ref, std::size_t>;

  void own(const cluster::report&, const cluster::gossip&);
  void foreign(const cluster::report&, const cluster::gossip&);
  void joined(const fact&);
  void left(const fact&);
  void check_topic(const cluster::gossip&, const std::string& topic) const;
  void check_slice(const cluster::gossip&, const cluster::replica_info&) const;
  void check_bounds(const cluster::gossip&) const;
  void check_dirty_lists(const cluster::gossip&) const;

  truth& truth_;
  const tracker_options& opt_;
  std::map<std::size_t, seen> by_life_; // by number, never empty ones
  std::map<std::string, std::map<place, const fact*>, std::less<>> by_topic_;
  std::set<std::pair<std::size_t, identity>> identities_;
  std::set<std::string> touched_;
  std::set<replica_id> final_;
  std::map<std::string, incarnation> newest_;
  std::size_t size_ = 0;
};

} // namespace rollcall::sim
