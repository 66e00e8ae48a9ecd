// What is measured. Each starts the nodes that it needs, and ends them.
#pragma once

#include "bench/cluster/results.hpp"

#include <cstdint>

namespace rollcall::bench {

struct sizes {
  std::int64_t joins = 500;
  std::int64_t burst = 10'000;
  std::int64_t late = 100'000;
  std::int64_t million = 1'000'000;
  std::int64_t changed = 1'000;
  std::int64_t idle_seconds = 10;
  std::int64_t kills = 60;
  std::int64_t deployed = 20'000;
  std::int64_t listeners = 1'000;
  std::int64_t nodes = 100;
  std::int64_t crowd_joins = 200;
  std::int64_t crowd_seconds = 27; ///< three beats of an idle node
};

/// Single joins on a until the diff stands on b's output, at random moments.
void propagation(const sizes&, results&);
/// Many tracked on a until b counts all.
void burst(const sizes&, results&);
/// A node that starts late, until it counts all.
void late_join(const sizes&, results&);
/// Three nodes with a million: join, update, leave, kill, idle, heal, late join.
void million(const sizes&, results&);
/// A replica with a million falls silent: hidden, shown again, dropped.
void down_and_back(const sizes&, results&);
/// Nodes are killed, until another has told that their presences left.
void kill_seen(const sizes&, results&);
/// Eight nodes are drained and started again in turn, while their keys come back.
void deploy(const sizes&, results&);
/// One message for all in a topic on three nodes, until the last has told of it.
void dispatch(const sizes&, results&);
/// Many nodes: the mesh grows from one seed, is idle, hears of joins, loses one node, and
/// half of all, which come back.
void crowd(const sizes&, results&);

} // namespace rollcall::bench
