// What `presence_table::carry_out` is to do, and its memory from call to call.
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
