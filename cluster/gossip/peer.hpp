// All that the machine keeps of one other node, by concern. It is kept while
// the node's link is up or a life of it is held: a peer that is permdown and
// not linked leaves nothing behind.
#pragma once

#include "cluster/gossip/answers.hpp"
#include "cluster/gossip/liveness.hpp"
#include "cluster/gossip/outbox.hpp"
#include "cluster/gossip/pulls.hpp"

#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>

namespace rollcall::cluster {

/// How far a frame's deltas have been merged.
struct merge_position {
  std::size_t next = 0;       ///< delta
  crdt::clock_value done = 0; ///< of it
  bool moved = false;         ///< a prefix
};

/// A frame of which very much dies: it is merged in pieces.
struct pending_merge {
  std::string bytes; ///< that `what` looks into
  frame what;
  merge_position at;
};

struct peer {
  link_state link;
  std::optional<peer_life> life;
  send_window flow;
  answer_window answered;
  pull_state pull;
  std::optional<answer> reply;            ///< the one under way to it
  std::optional<instant> corrected;       ///< when it was last told of a higher life of its name
  std::unique_ptr<pending_merge> pending; ///< a frame of it that is being merged
  std::optional<incarnation> refused;     ///< its life that is too far ahead, told of already
  bool greeted = false;                   ///< with all that a restored life of ours brings
  std::uint64_t summand = 0;              ///< of its clock in our digest
  bool differs = false;                   ///< its last digest was not ours

  bool up() const noexcept { return life && life->up; }
  bool holds(const replica_id& id) const noexcept { return up() && life->id == id; }

  /// Everything but the link.
  void forget_life() {
    life.reset();
    flow = {};
    answered = {};
    pull = {};
    reply.reset();
    pending.reset();
  }
};

/// In order of name, so that the same events give the same actions.
using peer_map = std::map<std::string, peer, std::less<>>;

} // namespace rollcall::cluster
