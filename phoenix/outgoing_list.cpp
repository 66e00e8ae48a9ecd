#include "phoenix/outgoing_list.hpp"

#include "phoenix/meta_terms.hpp"
#include "phoenix/options.hpp"

namespace rollcall::phoenix {

namespace {

std::string id_of(const presence& p) {
  return to_string(p.who().replica) + "#" + std::to_string(p.who().actor) + '\0' + p.topic() + '\0'
         + p.key();
}

/// What Phoenix shall not have: its own, and what bridges say among themselves.
bool stays_here(const presence& p) { return p.topic() == bridges_topic || p.meta()[origin_member]; }

} // namespace

outgoing_list::outgoing_list(bridge& to, std::set<std::string> atom_keys,
                             std::function<void(const presence&)> on_join)
    : to_(to), atom_keys_(std::move(atom_keys)), on_join_(std::move(on_join)) {}

void outgoing_list::take_state(std::uint32_t shard, const std::vector<presence>& all) {
  auto& held = shards_[shard];
  list gone;
  gone.swap(held);
  for (const auto& p : all) {
    if (stays_here(p)) continue;
    auto id = id_of(p);
    const auto before = gone.find(id);
    if (before != gone.end() && before->second == p.ref()) {
      held.insert(gone.extract(before));
      continue;
    }
    if (before != gone.end()) held.insert(gone.extract(before));
    put(held, std::move(id), p);
  }
  for (const auto& [id, r] : gone) to_.remove(id);
}

void outgoing_list::take_diff(std::uint32_t shard, const diff& changes) {
  auto& held = shards_[shard];
  for (const auto& t : changes) {
    std::set<std::string> joined;
    for (const auto& p : t.joins)
      if (!stays_here(p)) joined.insert(id_of(p));
    for (const auto& p : t.leaves) { // of an update only the join counts
      const auto id = id_of(p);
      if (joined.contains(id) || held.erase(id) == 0) continue;
      to_.remove(id);
    }
    for (const auto& p : t.joins)
      if (!stays_here(p)) put(held, id_of(p), p);
  }
}

void outgoing_list::put(list& held, std::string id, const presence& p) {
  auto data = write_meta(p.meta(), atom_keys_, printed_);
  data.items.push_back(atom("phx_ref"));
  data.items.push_back(binary(to_string(p.ref())));
  if (const auto& before = p.prev_ref()) {
    data.items.push_back(atom("phx_ref_prev"));
    data.items.push_back(binary(to_string(*before)));
  }
  if (held.insert_or_assign(id, p.ref()).second) on_join_(p);
  to_.put({std::move(id), p.topic(), p.key(), std::move(data)});
}

} // namespace rollcall::phoenix
