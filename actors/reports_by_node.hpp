// Combines the reports of one step, so that each node gives one diff.
//
// Pure: no CAF, no clock.
#pragma once

#include "cluster/gossip/gossip.hpp"

#include <vector>

namespace rollcall::actors {

/// If a life of a node takes the place of another one, a step reports both. Returns one
/// report for each node, in order of the first report of the node, with all changes in
/// order: the leaves of the old life and the joins of the new one become one diff.
std::vector<cluster::report> reports_by_node(std::vector<cluster::report>);

} // namespace rollcall::actors
