// A frame on its way, and what the checks need to know of it: read once, when
// it is sent, however many get it.
#pragma once

#include "base/instant.hpp"
#include "cluster/wire/frame.hpp"
#include "test/sim/truth.hpp"

#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::sim {

using cluster::instant;

struct letter {
  struct piece { ///< a part
    const life* of;
    crdt::answer_id answer;
    crdt::clock_value x, y, a;
  };

  std::shared_ptr<const std::string> bytes;
  cluster::frame_kind kind{};
  const life* sender = nullptr;
  std::optional<crdt::clock_value> announces; ///< of its own
  std::optional<instant> drain;               ///< its sender goes in so long
  bool lie = false;                           ///< of a member gone bad; no more is known of it
  bool newer = false;                         ///< of a kind or version that nobody here reads
  std::vector<const life*> about;             ///< the slices that its deltas speak of
  std::vector<const life*> ranges;            ///< of each range
  std::vector<piece> parts;
};

} // namespace rollcall::sim
