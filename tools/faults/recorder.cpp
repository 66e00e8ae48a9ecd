#include "tools/faults/recorder.hpp"

#include <algorithm>

namespace rollcall::faults {

element* recorder::find(element_id id) {
  auto& all = history_.elements;
  auto at = std::lower_bound(all.begin(), all.end(), id,
                             [](const element& e, element_id x) { return e.id < x; });
  return at != all.end() && at->id == id ? &*at : nullptr;
}

void recorder::invoked(int node, const operation& op, instant now) {
  for (const auto id : op.ends)
    if (auto* e = find(id)) e->end_invoked = std::min(e->end_invoked, now);
  if (op.adds != 0)
    history_.elements.push_back({op.adds, node, op.topic, now, never, never, never});
}

void recorder::acked(const operation& op, const std::string& ref, instant now) {
  for (const auto id : op.ends)
    if (auto* e = find(id)) e->end_acked = std::min(e->end_acked, now);
  if (op.adds == 0) return;
  if (auto* e = find(op.adds)) e->acked = now;
  refs_[op.adds] = ref;
}

void recorder::life_ended(int node, instant before, instant after) {
  for (auto& e : history_.elements) {
    if (e.owner != node || e.invoked > after) continue;
    e.end_invoked = std::min(e.end_invoked, before);
    e.end_acked = std::min(e.end_acked, after);
  }
}

void recorder::shown(read r) {
  std::sort(r.seen.begin(), r.seen.end());
  history_.reads.push_back(std::move(r));
}

const std::string* recorder::ref_of(element_id id) const {
  const auto found = refs_.find(id);
  return found == refs_.end() ? nullptr : &found->second;
}

void recorder::replica_down(int reader, int owner, instant now) {
  history_.downs.push_back({reader, owner, now, never});
}

void recorder::replica_up(int reader, int owner, instant now) {
  for (auto& d : history_.downs)
    if (d.reader == reader && d.owner == owner && d.until == never) d.until = now;
}

void recorder::link_lost(int reader, int owner, instant now) {
  history_.unlinked.push_back({reader, owner, now, never});
}

void recorder::link_back(int reader, int owner, instant now) {
  for (auto& d : history_.unlinked)
    if (d.reader == reader && d.owner == owner && d.until == never) d.until = now;
}

void recorder::reader_ended(int reader, instant now) {
  for (auto* all : {&history_.downs, &history_.unlinked})
    for (auto& d : *all)
      if (d.reader == reader && d.until == never) d.until = now;
}

void recorder::next_cycle() {
  auto& h = history_;
  std::erase_if(h.elements, [&](const element& e) {
    if (e.end_acked > h.healed) return false;
    refs_.erase(e.id);
    return true;
  });
  h.reads.clear();
  for (auto* all : {&h.downs, &h.unlinked})
    std::erase_if(*all, [&](const down_time& d) { return d.until != never; });
}

} // namespace rollcall::faults
