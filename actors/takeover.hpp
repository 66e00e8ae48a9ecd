// What a restarted shard takes over from the life before, and in which order.
//
// The source is the table of the last published snapshot: it contains what readers saw,
// and so all that was acknowledged, and it is consistent whatever state the shard died in.
//
// Pure: no CAF, no clock.
#pragma once

#include "crdt/table/presence_table.hpp"

#include <string_view>
#include <vector>

namespace rollcall::actors {

struct takeover {
  std::vector<presence_list> lists; ///< keep the presences of `own` in memory
  std::vector<presence_view> own;   ///< of the node, in order of ref
};

/// Returns the presences of the lives of that node. Sorted by ref, so that the new life
/// tracks them in the order in which they joined.
takeover own_presences(const crdt::presence_table&, std::string_view node);

} // namespace rollcall::actors
