// What the checker of CAF's protocol has to know of the CAF at hand: asked of its
// own serializer, so that nothing is written down twice.
#pragma once

#include "cluster/caf/compat.hpp"
#include "cluster/wire/basp_check.hpp"

namespace rollcall::cluster {

/// All but the options (access, limits), for a system whose endpoint this is.
basp_rules make_basp_rules(caf::actor_system&, const caf::actor& endpoint);

} // namespace rollcall::cluster
