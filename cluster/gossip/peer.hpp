// The state that the machine keeps about one other node, as long as the node's link is
// up or a life of it is held. A node that is permdown and not linked takes no memory.
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

/// A frame that ends very many presences, and is merged in pieces.
struct pending_merge {
  std::string bytes; ///< the memory that `what` views
  frame what;
  merge_position at;
};

struct peer {
  link_state link;
  std::optional<peer_life> life;
  send_window flow;
  answer_window answered;
  pull_state pull;
  std::optional<answer> reply;            ///< our answer that is under way
  std::optional<instant> corrected;       ///< when we last told it of a higher life of its name
  std::unique_ptr<pending_merge> pending; ///< its frame that is being merged
  std::optional<incarnation> refused;     ///< the life too far ahead that was reported last
  bool greeted = false;                   ///< it got what a restored life of ours brings
  std::uint64_t summand = 0;              ///< of its clock in our digest
  bool differs = false;                   ///< its last digest differed from ours

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

/// Ordered by name, so that the same events give the same actions.
using peer_map = std::map<std::string, peer, std::less<>>;

} // namespace rollcall::cluster
