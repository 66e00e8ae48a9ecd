// Replays a recorded run on real stores, and holds it against the recording by
// the rules that must hold (they stand in test/conformance/README.md).
#pragma once

#include "tools/replay/trace.hpp"

#include <cstddef>
#include <string>

namespace rollcall::replay {

/// How to cut messages. The defaults are a shard's; small ones cut answers into
/// many pieces, and make owners answer without their removal log.
struct settings {
  std::size_t piece = 0;       ///< presences a piece; 0: the default limit
  std::size_t removal_log = 0; ///< leaves remembered; 0: the default limit
};

struct verdict {
  std::string mismatch;       ///< empty: all rules hold
  std::size_t operations = 0; ///< replayed
  std::size_t diffs = 0;      ///< merges compared joins and leaves, step by step
  bool refused = false;       ///< some operation was refused, as it must be
  std::string pulled;         ///< why the replicas pulled from each other, if they did
};

verdict replay_trace(const trace&, const settings& = {});

} // namespace rollcall::replay
