// All that the machine keeps of one other node, by concern. It is kept while
// the node's link is up or a life of it is held: a peer that is permdown and
// not linked leaves nothing behind.
#pragma once

#include "cluster/answers.hpp"
#include "cluster/liveness.hpp"
#include "cluster/outbox.hpp"
#include "cluster/pulls.hpp"

#include <functional>
#include <map>
#include <optional>
#include <string>

namespace rollcall::cluster {

struct peer {
  link_state link;
  std::optional<vital> life;
  account flow;
  pull_state pull;
  std::optional<answer> reply;      ///< the one under way to it
  std::optional<instant> corrected; ///< when it was last told of a higher life of its name
  bool greeted = false;             ///< with all that a restored life of ours brings

  bool up() const noexcept { return life && life->up; }
  bool holds(const replica_id& id) const noexcept { return up() && life->id == id; }

  /// Everything but the link.
  void forget_life() {
    life.reset();
    flow = {};
    pull = {};
    reply.reset();
  }
};

/// In order of name, so that the same events give the same actions.
using peer_map = std::map<std::string, peer, std::less<>>;

} // namespace rollcall::cluster
