// The readers' side of the table: any thread, at any time.
#include "crdt/table/core.hpp"
#include "crdt/table/presence_table.hpp"
#include "crdt/table/tree_reader.hpp"

namespace rollcall::crdt {

presence_list presence_table::pinned(std::string_view topic, bool with_hidden) const {
  presence_list out;
  auto pass = core_->gate.enter();
  auto* t = core_->find_topic(topic);
  auto* s = t ? t->published.load(std::memory_order_acquire) : nullptr;
  if (!s) return out;
  s->pin();
  out.snapshot_ = s;
  out.size_ = s->shown_count + (with_hidden ? tree_size(core_->memory, s->hidden) : 0);
  out.with_hidden_ = with_hidden;
  return out;
}

presence_list presence_table::list(std::string_view topic) const { return pinned(topic, false); }

presence_list presence_table::dirty_list(std::string_view topic) const {
  return pinned(topic, true);
}

presence_list presence_table::get_by_key(std::string_view topic, std::string_view key) const {
  auto out = pinned(topic, false);
  if (!out.snapshot_) return out;
  auto& mem = core_->memory;
  auto root = out.snapshot_->shown;
  auto at = tree_lower(mem, root, search_key::before(key));
  auto has_key = [&](const tree_place& p) {
    return mem.at<record>(p.leaf->entries()[p.index].what)->key() == key;
  };
  // A place past the end of its leaf is at the beginning of the next one.
  auto settle = [&](tree_place& p) {
    if (p.rank >= out.size_) return false;
    if (p.index >= p.leaf->count) p = tree_at(mem, root, p.rank);
    return true;
  };
  if (!settle(at) || !has_key(at)) return {};
  auto next = at;
  ++next.index;
  ++next.rank;
  std::uint32_t size = 1; // nearly always
  if (settle(next) && has_key(next))
    size = tree_lower(mem, root, search_key::after(key)).rank - at.rank;
  out.leaf_ = at.leaf;
  out.index_ = at.index;
  out.first_ = at.rank;
  out.size_ = size;
  return out;
}

std::size_t presence_table::count(std::string_view topic) const {
  auto pass = core_->gate.enter();
  auto* t = core_->find_topic(topic);
  auto* s = t ? t->published.load(std::memory_order_acquire) : nullptr;
  return s ? s->shown_count : 0;
}

std::size_t presence_table::count_keys(std::string_view topic) const {
  auto pass = core_->gate.enter();
  auto* t = core_->find_topic(topic);
  auto* s = t ? t->published.load(std::memory_order_acquire) : nullptr;
  return s ? s->shown_count - s->shown_twins : 0;
}

std::map<std::string, std::size_t> presence_table::topics() const {
  std::map<std::string, std::size_t> out;
  auto pass = core_->gate.enter();
  core_->topics.for_each([&](handle h) {
    auto& t = *core_->memory.at<topic_state>(h);
    auto* s = t.published.load(std::memory_order_acquire);
    if (s && s->shown_count) out.insert_or_assign(std::string{t.name()}, s->shown_count);
  });
  return out;
}

} // namespace rollcall::crdt
