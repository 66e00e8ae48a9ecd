// Presences in the JSON form of the `Presence` class of phoenix.js:
//
//     {"ada":{"metas":[{"status":"here","phx_ref":"…","phx_ref_prev":"…"}]}}
//
// Pure. Accepts presences and views of a snapshot.
#pragma once

#include "rollcall/presence.hpp"
#include "rollcall/presence_list.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::gateway {

/// Writes a meta with its refs. Members of the meta with the names `phx_ref` and
/// `phx_ref_prev` are omitted.
void append_meta(std::string& out, meta_view data, const ref& now,
                 const std::optional<ref>& before);

/// The state of a topic: all presences, grouped by key.
std::string state_json(const presence_list&);
/// `{"joins":{…},"leaves":{…}}`. Both in order of key.
std::string diff_json(const std::vector<presence>& joins, const std::vector<presence>& leaves);

struct page {
  std::string presences = "{}"; ///< grouped by key
  std::string next;             ///< the last key of the page; empty for the last page
  std::size_t keys = 0;
};
/// Returns at most `limit` keys after the key `after` (empty: from the first one).
page page_json(const presence_list&, std::string_view after, std::size_t limit);

} // namespace rollcall::gateway
