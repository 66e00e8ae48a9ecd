// Hears what the shards of one node tell, as the shell of a shard would.
#pragma once

#include "cluster/gossip/gossip.hpp"
#include "rollcall/presence.hpp"

namespace rollcall::sim {

class listener {
public:
  listener() = default;
  listener(const listener&) = delete;
  listener& operator=(const listener&) = delete;
  virtual ~listener() = default;

  /// A shard begins a life: before anything else of it.
  virtual void begins(int shard, const replica_id&) = 0;
  /// One diff, as `handle_diff` gets it; readers see it already.
  virtual void told(int shard, const diff&) = 0;
  virtual void changed(int shard, const cluster::replica_event&) = 0;
  /// A shard ends, in order or not.
  virtual void ends(int shard) = 0;
};

} // namespace rollcall::sim
