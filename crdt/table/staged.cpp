// Many changes of the table at once.
#include "crdt/table/staged.hpp"

#include "crdt/table/core.hpp"
#include "crdt/table/make_record.hpp"
#include "crdt/table/tree_reader.hpp"

#include <cassert>

namespace rollcall::crdt {

namespace {

record& at(const table_core& core, handle h) noexcept { return *core.memory.at<record>(h); }
topic_state& topic_at(const table_core& core, handle h) noexcept {
  return *core.memory.at<topic_state>(h);
}

tree_edit edit(const record& r, handle h, bool hidden, bool gone) {
  return {key_window{r.key()}, h, r.topic, hidden, gone};
}

} // namespace

handle presence_table::insert_later(slice_no slice, const birth& b, bool visible) {
  auto& c = *core_;
  assert(!c.slices.local(slice));
  auto topic = topic_for(b.topic);
  auto& t = topic_at(c, topic);
  auto h = make_record(c.memory, slice, false, topic, b);
  auto& r = at(c, h);
  if (visible) r.state = record::is_visible;
  staged_->edits.push_back(edit(r, h, !visible, false));
  ++(visible ? t.shown_count : t.hidden_count);
  c.slices.add_record(slice);
  c.slices.add_cost(slice, r.cost());
  ++c.records;
  touch(t, topic);
  return h;
}

void presence_table::erase_later(handle h) {
  auto& c = *core_;
  auto& r = at(c, h);
  auto& t = topic_at(c, r.topic);
  staged_->edits.push_back(edit(r, h, !r.visible(), true));
  --(r.visible() ? t.shown_count : t.hidden_count);
  if (r.layout & record::has_links) c.actors.remove(h);
  c.slices.drop_cost(r.slice, r.cost());
  add_garbage(c.memory, t.garbage_records, h);
  --c.records;
  touch(t, r.topic);
}

void presence_table::set_visible_later(handle h, bool visible) {
  auto& c = *core_;
  auto& r = at(c, h);
  if (r.visible() == visible) return;
  auto& t = topic_at(c, r.topic);
  staged_->edits.push_back(edit(r, h, visible, true));
  staged_->edits.push_back(edit(r, h, !visible, false));
  --(visible ? t.hidden_count : t.shown_count);
  ++(visible ? t.shown_count : t.hidden_count);
  r.state ^= record::is_visible;
  touch(t, r.topic);
}

void presence_table::carry_out(std::vector<handle>& left_out) {
  auto& c = *core_;
  auto& edits = staged_->edits;
  const auto before = left_out.size();
  sort_edits(c.memory, edits, staged_->spare);
  for (std::size_t i = 0, end = 0; i < edits.size(); i = end) {
    auto& first = edits[i];
    while (end < edits.size() && edits[end].topic == first.topic
           && edits[end].hidden == first.hidden)
      ++end;
    auto& t = topic_at(c, first.topic);
    auto& root = first.hidden ? t.hidden : t.shown;
    auto batch = tree_batch{c.memory, c.version, t.garbage_nodes, staged_->trees};
    root = batch.apply(root, &first, end - i, left_out);
    if (!first.hidden) t.shown_twins += batch.twins();
  }
  edits.clear();
  for (auto i = before; i < left_out.size(); ++i) {
    auto& r = at(c, left_out[i]);
    auto& t = topic_at(c, r.topic);
    --(r.visible() ? t.shown_count : t.hidden_count);
    --c.records;
  }
}

void presence_table::discard(handle h) {
  auto& c = *core_;
  c.slices.drop_cost(at(c, h).slice, at(c, h).cost());
  c.slices.drop_record(at(c, h).slice);
  c.memory.free(h); // no reader ever saw it
}

handle presence_table::find_among(bool visible, slice_no slice, std::string_view topic,
                                  std::string_view key, std::uint64_t actor) const {
  auto* t = known_topic(topic);
  auto root = !t ? handle{0} : visible ? t->shown : t->hidden;
  return root ? tree_find(core_->memory, root, search_key{key, slice, actor}) : 0;
}

void presence_table::fetch(handle h) const noexcept {
  core_->memory.touch(h);
  core_->memory.touch(h, record::header_bytes); // the key may lie in the next line
}

} // namespace rollcall::crdt
