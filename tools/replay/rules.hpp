// The comparisons of a replay with its recording: rules 1, 2 and 4. (Rule 3 and
// the two sentences about copies are checked by every node after every
// operation, whatever was recorded.) Each gives what is wrong, or nothing.
#pragma once

#include "tools/replay/cluster.hpp"
#include "tools/replay/trace.hpp"

#include <string>

namespace rollcall::replay {

/// 1. After an operation of its own, a replica's clock and its own presences
/// are those recorded.
std::string check_own(const node&, const recorded_state&);

/// 2. At rest, a replica shows what the owners of the lives that it holds up
/// hold; and what was recorded, where `recorded` is given.
///
/// Narrowed for a life that has ended: nobody can bring the tail of what it did
/// and told nobody. A copy of it that stands at an earlier clock is compared
/// with nothing here; the two sentences hold for it as for all.
std::string check_rest(const cluster&, const node&, const value_set* recorded);

/// 4. The joins and leaves of a merge that speak of its sender.
std::string check_step(const operation&, const reported&, const replica_id& sender);

} // namespace rollcall::replay
