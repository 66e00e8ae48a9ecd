// The JSON form of presences, replicas, peers and counters.
//
// Pure: values in, members appended to a writer. "replica" of a presence is the
// name of its node; "pid" is "name#actor id"; refs have the form of
// `to_string(ref)`.
#pragma once

#include "rollcall/cluster.hpp"
#include "rollcall/presence.hpp"
#include "rollcall/presence_list.hpp"
#include "rollcall/stats.hpp"
#include "rollcall/story.hpp"
#include "tools/rollcall/json_writer.hpp"

#include <cstddef>
#include <map>
#include <string>
#include <vector>

namespace rollcall::tool {

void append(json_writer&, const presence&);
void append(json_writer&, const join&);  ///< with `first`
void append(json_writer&, const leave&); ///< with its reason, and `last`
void append(json_writer&, const presence_view&);

/// Appends an array of presences, in their order.
template <class List>
void append_all(json_writer& out, const List& presences) {
  out.open('[');
  for (const auto& p : presences) append(out, p);
  out.close(']');
}

void append(json_writer&, const story_entry&);

/// `shards`: of the tracker; the number of a shard is written only if there are several.
void append(json_writer&, const replica_state&, std::size_t shards);
void append(json_writer&, const cluster_peer&);
/// Appends the members of the answer to `stats`.
void append_members(json_writer&, const tracker_stats&);
void append_members(json_writer&, const cluster_stats&);

/// Begins an answer: `{"id":7,"ok":true`. The caller closes it.
json_writer begin_answer(const std::string& id);

} // namespace rollcall::tool
