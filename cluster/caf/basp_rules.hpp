// The rules for the checker of CAF's protocol (BASP), for the CAF that is linked. The byte
// patterns are produced by CAF's own serializer.
#pragma once

#include "cluster/caf/compat.hpp"
#include "cluster/wire/basp_check.hpp"

namespace rollcall::cluster {

/// Returns the rules for a system with this endpoint, without the options (access, limits).
basp_rules make_basp_rules(caf::actor_system&, const caf::actor& endpoint);

} // namespace rollcall::cluster
