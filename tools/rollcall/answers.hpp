// What rollcall says of itself, as JSON.
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

/// An array of presences, as they are ordered.
template <class List>
void append_all(json_writer& out, const List& presences) {
  out.open('[');
  for (const auto& p : presences) append(out, p);
  out.close(']');
}

void append(json_writer&, const story_entry&);

/// `shards`: of the tracker; their number is told where there are several.
void append(json_writer&, const replica_state&, std::size_t shards);
void append(json_writer&, const cluster_peer&);
/// Members of the answer to `stats`.
void append_members(json_writer&, const tracker_stats&);
void append_members(json_writer&, const cluster_stats&);

/// `{"id":7,"ok":true` and it goes on from there; close it yourself.
json_writer begin_answer(const std::string& id);

} // namespace rollcall::tool
