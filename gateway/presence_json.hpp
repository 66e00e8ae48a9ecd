// Presences as the `Presence` of phoenix.js takes them:
//
//     {"ada":{"metas":[{"status":"here","phx_ref":"…","phx_ref_prev":"…"}]}}
//
// Pure. Both kinds of presence (a value, and a view of a snapshot) are written.
#pragma once

#include "rollcall/presence.hpp"
#include "rollcall/presence_list.hpp"

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::gateway {

/// A meta with its references. Members of the meta that are called `phx_ref` or
/// `phx_ref_prev` are left out.
void append_meta(std::string& out, meta_view data, const ref& now,
                 const std::optional<ref>& before);

/// The state of a topic: all presences, grouped by key.
std::string state_json(const presence_list&);
/// `{"joins":{…},"leaves":{…}}`. Both in order of key.
std::string diff_json(const std::vector<presence>& joins, const std::vector<presence>& leaves);

struct page {
  std::string presences = "{}"; ///< grouped by key
  std::string next;             ///< the last key of the page; empty: it is the last page
  std::size_t keys = 0;
};
/// At most `limit` keys behind the key `after` (empty: from the first on).
page page_json(const presence_list&, std::string_view after, std::size_t limit);

} // namespace rollcall::gateway
