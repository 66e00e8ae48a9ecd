// The pending edits of `presence_table::carry_out`, and buffers that it reuses.
#pragma once

#include "crdt/table/presence_table.hpp"
#include "crdt/table/tree_batch.hpp"

#include <vector>

namespace rollcall::crdt {

struct presence_table::staged {
  std::vector<tree_edit> edits, spare;
  batch_memory trees;
};

} // namespace rollcall::crdt
