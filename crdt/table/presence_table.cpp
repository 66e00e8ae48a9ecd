// The writer's side of the table.
#include "crdt/table/presence_table.hpp"

#include "crdt/table/core.hpp"
#include "crdt/table/make_record.hpp"
#include "crdt/table/staged.hpp"
#include "crdt/table/tree_editor.hpp"
#include "crdt/table/tree_reader.hpp"

#include <cassert>
#include <limits>
#include <new>
#include <utility>

namespace rollcall::crdt {

namespace {

record& at(const table_core& core, handle h) noexcept { return *core.memory.at<record>(h); }
topic_state& topic_at(const table_core& core, handle h) noexcept {
  return *core.memory.at<topic_state>(h);
}

} // namespace

presence_table::presence_table(const limits&)
    : core_(new table_core), staged_(std::make_unique<staged>()) {}

presence_table::~presence_table() {
  auto nothing_held = core_->garbage.close([this](auto&& retire) {
    core_->topics.for_each([&](handle h) {
      if (auto* s = topic_at(*core_, h).published.load(std::memory_order_relaxed)) retire(*s);
    });
  });
  if (nothing_held) delete core_;
}

slice_no presence_table::open_slice(const replica_id& id, bool local) {
  return core_->slices.open(id, local);
}

void presence_table::close_slice(slice_no n) { core_->slices.close(n); }

handle presence_table::topic_for(std::string_view name) {
  auto& c = *core_;
  if (c.last_topic && topic_at(c, c.last_topic).name() == name) return c.last_topic;
  auto hash = table_core::hash_topic(name);
  auto h = c.find_topic(name, hash);
  if (!h) {
    assert(name.size() <= std::numeric_limits<std::uint16_t>::max());
    h = c.memory.allocate(sizeof(topic_state) + name.size());
    auto* t = new (c.memory.at<std::byte>(h)) topic_state;
    t->hash = hash;
    t->name_bytes = static_cast<std::uint16_t>(name.size());
    name.copy(reinterpret_cast<char*>(t + 1), name.size());
    c.topics.insert(hash, h);
  }
  return c.last_topic = h;
}

void presence_table::touch(topic_state& t, handle h) {
  ++core_->changes;
  if (t.changed) return;
  t.changed = true;
  t.next_changed = core_->changed_topics;
  core_->changed_topics = h;
}

handle presence_table::insert(slice_no slice, const birth& b, bool visible) {
  return put(slice, b, visible, nullptr);
}

handle presence_table::insert_new(slice_no slice, const birth& b) {
  handle there = 0;
  return put(slice, b, true, &there);
}

handle presence_table::put(slice_no slice, const birth& b, bool visible, handle* there) {
  auto& c = *core_;
  auto topic = topic_for(b.topic);
  auto& t = topic_at(c, topic);
  auto local = c.slices.local(slice);
  auto h = make_record(c.memory, slice, local, topic, b);
  if (visible) at(c, h).state = record::is_visible;
  auto& root = visible ? t.shown : t.hidden;
  auto editor = tree_editor{c.memory, c.version, t.garbage_nodes};
  root = editor.insert(root, h, there);
  if (there && *there) {
    c.memory.free(h); // no reader ever saw it
    return 0;
  }
  ++(visible ? t.shown_count : t.hidden_count);
  if (visible) t.shown_twins += editor.twins();
  c.slices.add_record(slice);
  c.slices.add_cost(slice, at(c, h).cost());
  if (local) c.actors.add(h);
  ++c.records;
  touch(t, topic);
  return h;
}

bool presence_table::nearly_full() const noexcept { return core_->memory.nearly_full(); }

void presence_table::erase(handle h) {
  auto& c = *core_;
  auto& r = at(c, h);
  auto& t = topic_at(c, r.topic);
  auto& root = r.visible() ? t.shown : t.hidden;
  auto editor = tree_editor{c.memory, c.version, t.garbage_nodes};
  root = editor.erase(root, h);
  if (r.visible()) t.shown_twins += editor.twins();
  --(r.visible() ? t.shown_count : t.hidden_count);
  if (r.layout & record::has_links) c.actors.remove(h);
  c.slices.drop_cost(r.slice, r.cost());
  add_garbage(c.memory, t.garbage_records, h);
  --c.records;
  touch(t, r.topic);
}

void presence_table::set_visible(handle h, bool visible) {
  auto& c = *core_;
  auto& r = at(c, h);
  if (r.visible() == visible) return;
  auto& t = topic_at(c, r.topic);
  auto editor = tree_editor{c.memory, c.version, t.garbage_nodes};
  auto& from = visible ? t.hidden : t.shown;
  auto& to = visible ? t.shown : t.hidden;
  from = editor.erase(from, h);
  if (!visible) t.shown_twins += editor.twins();
  auto inserter = tree_editor{c.memory, c.version, t.garbage_nodes};
  to = inserter.insert(to, h);
  if (visible) t.shown_twins += inserter.twins();
  --(visible ? t.hidden_count : t.shown_count);
  ++(visible ? t.shown_count : t.hidden_count);
  r.state ^= record::is_visible;
  touch(t, r.topic);
}

topic_state* presence_table::known_topic(std::string_view name) const {
  auto& c = *core_;
  auto* t = c.last_topic ? &topic_at(c, c.last_topic) : nullptr;
  return t && t->name() == name ? t : c.find_topic(name);
}

handle presence_table::find(slice_no slice, std::string_view topic, std::string_view key,
                            std::uint64_t actor) const {
  auto* t = known_topic(topic);
  if (!t) return 0;
  auto what = search_key{key, slice, actor};
  auto h = tree_find(core_->memory, t->shown, what);
  return h || !t->hidden ? h : tree_find(core_->memory, t->hidden, what);
}

handle presence_table::first_of_actor(std::uint64_t actor) const {
  return core_->actors.first(actor);
}

handle presence_table::next_of_actor(handle h) const { return core_->actors.next(h); }

std::size_t presence_table::count_of_actor(std::uint64_t actor) const {
  return core_->actors.count(actor);
}

presence_view presence_table::view(handle h) const { return {core_, &at(*core_, h)}; }

bool presence_table::visible(handle h) const noexcept { return at(*core_, h).visible(); }

slice_no presence_table::slice_of(handle h) const noexcept { return at(*core_, h).slice; }

dot presence_table::dot_of(handle h) const noexcept { return at(*core_, h).dot; }

void presence_table::describe(handle h, birth& b) const {
  auto& r = at(*core_, h);
  b.dot = r.dot;
  b.topic = topic_at(*core_, r.topic).name();
  b.key = r.key();
  b.actor = r.actor;
  b.meta = r.meta();
  if (r.layout & record::has_ref) b.ref = r.own_ref();
  if (r.layout & record::has_prev) b.prev_ref = r.prev_ref();
}

birth presence_table::as_birth(handle h) const {
  birth b;
  describe(h, b);
  return b;
}

bool presence_table::flip_a_bit(handle h) noexcept {
  auto& r = at(*core_, h);
  if (r.meta_bytes == 0) return false;
  r.raw()[record::bytes(r.layout, r.key_bytes, r.meta_bytes) - 1] ^= 1;
  return true;
}

handle presence_table::first_shown(slice_no slice, std::string_view topic,
                                   std::string_view key) const {
  auto* t = known_topic(topic);
  if (!t || !t->shown) return 0;
  auto& mem = core_->memory;
  auto p = tree_lower(mem, t->shown, search_key{key, slice, 0});
  if (p.index >= p.leaf->count) {
    if (p.rank >= tree_size(mem, t->shown)) return 0; // the count may be ahead of the tree
    p = tree_at(mem, t->shown, p.rank);
  }
  const auto h = p.leaf->entries()[p.index].what;
  const auto& r = at(*core_, h);
  return r.slice == slice && r.key() == key ? h : 0;
}

void presence_table::take(handle h) {
  set_visible(h, false);
  mark_taken(h);
}

void presence_table::mark_taken(handle h) noexcept { at(*core_, h).state |= record::is_taken; }

void presence_table::untake(handle h) noexcept {
  auto& r = at(*core_, h);
  r.state = static_cast<std::uint8_t>(r.state & ~record::is_taken);
}

bool presence_table::taken(handle h) const noexcept { return at(*core_, h).taken(); }

void presence_table::publish() {
  auto& c = *core_;
  // First free, then retire: so what this step erased is there till the next.
  // What a change makes garbage is a record and a path; this keeps up with it.
  c.garbage.collect(1024 + 8 * c.changes);
  if (!c.changed_topics) return;
  for (auto h = c.changed_topics; h;) {
    auto next = topic_at(c, h).next_changed;
    publish_topic(h);
    h = next;
  }
  c.changed_topics = 0;
  c.changes = 0;
  ++c.version;
}

void presence_table::publish_topic(handle h) {
  auto& c = *core_;
  auto& t = topic_at(c, h);
  t.changed = false;
  t.dead = !t.shown && !t.hidden;
  auto* old = t.published.load(std::memory_order_relaxed);
  snapshot* fresh = nullptr;
  if (!t.dead) {
    auto self = c.memory.allocate(sizeof(snapshot));
    fresh = new (c.memory.at<std::byte>(self)) snapshot;
    fresh->self = self;
    fresh->version = c.version;
    fresh->core = core_;
    fresh->topic = h;
    fresh->shown = t.shown;
    fresh->hidden = t.hidden;
    fresh->shown_count = t.shown_count;
    fresh->shown_twins = t.shown_twins;
    fresh->older = t.newest;
    if (t.newest) c.memory.at<snapshot>(t.newest)->newer = self;
    t.newest = self;
  } else {
    c.topics.erase(t.hash, h);
    if (c.last_topic == h) c.last_topic = 0;
  }
  t.published.store(fresh, std::memory_order_release);
  if (old) {
    old->garbage_nodes = t.garbage_nodes;
    old->garbage_records = t.garbage_records;
    c.garbage.retire_snapshot(old->self);
  } else { // never seen by readers
    assert(!t.garbage_nodes);
    handle none = 0;
    while (t.garbage_records)
      sort_garbage(c.memory, t.garbage_records, none, [&](handle r) {
        c.garbage.retire_record(r);
        return true;
      });
    if (t.dead) c.garbage.retire_topic(h);
  }
  t.garbage_nodes = 0;
  t.garbage_records = 0;
}

std::size_t presence_table::size() const noexcept { return core_->records; }

std::size_t presence_table::topic_size(std::string_view topic) const {
  auto* t = known_topic(topic);
  return t ? std::size_t{t->shown_count} + t->hidden_count : 0;
}

std::size_t presence_table::count_of_key(std::string_view topic, std::string_view key) const {
  auto* t = known_topic(topic);
  if (!t || !t->shown) return 0;
  const auto& mem = core_->memory;
  return tree_lower(mem, t->shown, search_key::after(key)).rank
         - tree_lower(mem, t->shown, search_key::before(key)).rank;
}

std::size_t presence_table::objects() const noexcept { return core_->memory.objects(); }

std::size_t presence_table::cost_of_slice(slice_no n) const noexcept {
  return core_->slices.cost(n);
}

std::size_t presence_table::cost_of(handle h) const noexcept { return at(*core_, h).cost(); }

std::size_t presence_table::slices_in_use() const noexcept { return core_->slices.in_use(); }

bool presence_table::sound() const {
  auto& c = *core_;
  auto good = true;
  std::size_t records = 0;
  c.topics.for_each([&](handle h) {
    auto& t = topic_at(c, h);
    good = good && tree_sound(c.memory, t.shown) && tree_sound(c.memory, t.hidden)
           && tree_size(c.memory, t.shown) == t.shown_count
           && tree_size(c.memory, t.hidden) == t.hidden_count
           && tree_twins(c.memory, t.shown) == t.shown_twins;
    records += std::size_t{t.shown_count} + t.hidden_count;
    for (auto s = t.newest; s; s = c.memory.at<snapshot>(s)->older) {
      auto& x = *c.memory.at<snapshot>(s);
      good = good && tree_sound(c.memory, x.shown) && tree_sound(c.memory, x.hidden)
             && tree_size(c.memory, x.shown) == x.shown_count
             && tree_twins(c.memory, x.shown) == x.shown_twins;
    }
  });
  return good && records == c.records;
}

std::size_t presence_table::memory_bytes() const noexcept {
  auto& c = *core_;
  return sizeof(table_core) + c.memory.bytes_held() + c.slices.bytes_held() + c.topics.bytes_held()
         + c.actors.bytes_held() + c.garbage.bytes_held();
}

} // namespace rollcall::crdt
