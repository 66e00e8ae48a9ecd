// Turns what a step of the gossip reports into a `diff`, for those who listen.
#pragma once

#include "crdt/presence_table.hpp"
#include "crdt/store.hpp"
#include "rollcall/presence.hpp"

namespace rollcall::actors {

/// One entry for each topic, in order of topic; joins and leaves in order of
/// key, then ref. Copies: the result needs neither the changes nor the table.
diff build_diff(const crdt::presence_table&, const crdt::changes&);

/// The topics of `all` that `wanted(topic)` says yes to.
template <class Predicate>
diff filter(const diff& all, Predicate wanted) {
  diff result;
  for (const auto& x : all)
    if (wanted(x.topic)) result.push_back(x);
  return result;
}

} // namespace rollcall::actors
