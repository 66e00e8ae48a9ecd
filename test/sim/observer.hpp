// What a reader of one shard of one node sees, and the checks of it.
//
// The observer folds the reports of one machine, as a handler would, and holds
// the result against the reads of that machine and against the owners' truth:
// S2 and S4 to S7, S9 to S11, L3, as violation.hpp words them.
//
// Checks cost what changed: topics and slices that a step touched, and all of
// it now and then.
#pragma once

#include "cluster/gossip/gossip.hpp"
#include "crdt/slice.hpp"
#include "test/sim/letter.hpp"
#include "test/sim/truth.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace rollcall::sim {

using cluster::instant;

class observer {
public:
  observer(truth& all, const tracker_options& opt, instant born)
      : truth_(all), opt_(opt), stalled_at_(born) {}

  /// A whole frame is read next.
  void reads(const cluster::gossip&, const letter&, int from, instant now);
  /// The link to that node is told of next.
  void link(int node, bool up, instant now);
  /// Somebody lies: what a copy has from a relay may be false, until its owner has
  /// told it anew.
  void somebody_lies() noexcept { lies_ = true; }
  /// A lie is read next, from a node that may say so: it is a sign of life.
  void hears(const life& l, instant now) { at(l).heard = now; }
  /// A tick comes next.
  void ticks(instant now);
  /// What a step did. True when it reported anything. `merges`: of this step.
  bool saw(const cluster::gossip&, const cluster::actions&, std::uint64_t merges, instant now);
  /// After a tick: nobody is shown for longer than may be.
  void check_silence(const cluster::gossip&, instant now) const;
  void check_all(const cluster::gossip&);

  /// What it sees of one life.
  const fact_list& of(const life&) const;
  std::size_t size() const noexcept { return size_; }
  bool sees(std::string_view topic, std::string_view key) const;
  bool sees_the_dead() const;
  /// In order of key, then ref, then life.
  const std::map<std::string_view, fact_list>& topics() const noexcept { return by_topic_; }

private:
  /// One life as it is seen from here.
  struct sight {
    fact_list shown;
    std::vector<bool> identities;  // of those shown
    std::vector<crdt::dot> newest; // of each identity, of all that were ever shown
    bool held = false, up = false, final = false, touched = false;
    bool was_held = false;
    const life* superseded_by = nullptr;
    bool gone = false; // permdown, by a lie even, and not up since
    int node = -1;
    instant final_at{0};
    crdt::clock_value prefix = 0; // when last looked at
    std::vector<crdt::interval_set::interval> beyond;
    instant heard{-1};
    std::optional<instant> lease; // shown at least until then, as its node said
    std::uint64_t forgotten = 0;
  };
  sight& at(const life&);

  void own(const crdt::changes&, const cluster::gossip&);
  void folded(const cluster::report&, const cluster::gossip&, instant now);
  void check_moves(const cluster::report&, const cluster::gossip&);
  void check_lease(const fact&, leave_reason, const cluster::gossip&, instant now);
  void changed(const std::vector<cluster::replica_event>&, const cluster::gossip&);
  void joined(const fact&, bool believed);
  void left(const fact&);
  void touch(const life&);
  void check_returned(const life&, const fact&, instant now);
  void check_topic(const cluster::gossip&, std::string_view topic, const fact_list&) const;
  void check_slice(const cluster::gossip&, const life&);
  void check_known(const cluster::gossip&, sight&, const crdt::remote_slice&);
  void check_bounds(const cluster::gossip&) const;
  void check_table(const cluster::gossip&) const;
  std::uint64_t may_apply(const cluster::gossip&, const letter&) const;

  truth& truth_;
  const tracker_options& opt_;
  std::vector<sight> lives_; // by number
  std::map<std::string_view, fact_list> by_topic_;
  std::vector<const life*> newest_; // by node
  std::vector<instant> grace_ends_; // by node, while its link is lost
  std::size_t size_ = 0;
  instant stalled_at_; // silence of others is counted from here at the earliest
  instant last_tick_{-1};
  bool lies_ = false;
  std::uint64_t evicted_ = 0; ///< so far
  bool reborn_ = false;       ///< in this step: its own joins are of presences that it had

  // of the step under way
  const letter* read_ = nullptr;
  std::uint64_t may_apply_ = 0;
  std::vector<std::string_view> topics_;
  std::vector<const life*> touched_;
  std::unordered_map<std::uint64_t, crdt::dot> ended_; // (life, identity) -> dot that left
  std::vector<const fact*> fresh_;    // joins that may take over, of the report at hand
  std::vector<const fact*> replaced_; // joins in it of what left in the same step: updates
};

} // namespace rollcall::sim
