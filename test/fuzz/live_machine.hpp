// Options that were taken are good to run on.
#pragma once

#include "base/meta_encoding.hpp"
#include "cluster/gossip/gossip.hpp"
#include "rollcall/options.hpp"
#include "test/fuzz/target.hpp"

namespace rollcall::fuzz {

/// A machine takes valid options as they are.
inline void live(tracker_options x) {
  using cluster::instant;
  must(x.effective_down_period() >= 2 * x.broadcast_period, "down_period");
  instant now{0};
  cluster::gossip machine{{"a", {1, 1}}, x, now, now + x.broadcast_period};
  machine.step(cluster::link_up{"b"}, now);
  machine.step(cluster::op_track{"t", "k", 1, crdt::empty_map}, now);
  for (int i = 0; i < 3; ++i) machine.step(cluster::tick{}, now += x.broadcast_period);
  must(machine.state().clock() == 1, "a tracked presence");
}

} // namespace rollcall::fuzz
