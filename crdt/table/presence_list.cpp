// Walking a snapshot.
//
// The trees have no links between their leaves (they are persistent), so a
// cursor finds its next leaf by number, from the root: some ten nanoseconds
// for each leaf, and no stack to carry. The trees are in order of key, slice,
// actor; those who asked see key, then ref: the presences of one key, nearly
// always one, are gathered from both trees and put in order on the way.
#include "rollcall/presence_list.hpp"

#include "crdt/table/core.hpp"
#include "crdt/table/tree_reader.hpp"

#include <algorithm>
#include <tuple>
#include <utility>

namespace rollcall {

namespace {

/// The records lie anywhere: those of the next steps are had on their way.
constexpr std::uint32_t ahead = 6;

const crdt::topic_state& topic_of(const crdt::table_core& c, const crdt::record& r) noexcept {
  return *c.memory.at<crdt::topic_state>(r.topic);
}

ref ref_of(const crdt::table_core& c, const crdt::record& r) noexcept {
  if (auto own = r.own_ref()) return *own;
  return {c.slices.replica(r.slice).inc, r.dot};
}

} // namespace

// -- presence_view -----------------------------------------------------------

std::string_view presence_view::topic() const noexcept { return topic_of(*core_, *record_).name(); }
std::string_view presence_view::key() const noexcept { return record_->key(); }
pid presence_view::who() const { return {replica(), actor()}; }
std::uint64_t presence_view::actor() const noexcept { return record_->actor; }
meta_view presence_view::meta() const noexcept { return meta_view{record_->meta()}; }
ref presence_view::ref() const noexcept { return ref_of(*core_, *record_); }
std::optional<ref> presence_view::prev_ref() const noexcept { return record_->prev_ref(); }

const replica_id& presence_view::replica() const noexcept {
  return core_->slices.replica(record_->slice);
}

presence presence_view::to_presence() const {
  auto bytes = record_->meta();
  return {std::string{topic()},
          std::string{key()},
          who(),
          bytes.empty() ? rollcall::meta{} : rollcall::meta::from_trusted_bytes(bytes),
          ref(),
          prev_ref()};
}

// -- presence_list -----------------------------------------------------------

presence_list::presence_list(const presence_list& other) noexcept
    : leaf_(other.leaf_),
      snapshot_(other.snapshot_),
      index_(other.index_),
      first_(other.first_),
      size_(other.size_),
      with_hidden_(other.with_hidden_) {
  if (snapshot_) snapshot_->pin();
}

presence_list::presence_list(presence_list&& other) noexcept
    : leaf_(other.leaf_),
      snapshot_(std::exchange(other.snapshot_, nullptr)),
      index_(other.index_),
      first_(other.first_),
      size_(std::exchange(other.size_, 0)),
      with_hidden_(other.with_hidden_) {}

presence_list& presence_list::operator=(presence_list other) noexcept {
  std::swap(leaf_, other.leaf_);
  std::swap(snapshot_, other.snapshot_);
  std::swap(index_, other.index_);
  std::swap(first_, other.first_);
  std::swap(size_, other.size_);
  std::swap(with_hidden_, other.with_hidden_);
  return *this;
}

presence_list::~presence_list() {
  if (snapshot_) snapshot_->unpin();
}

presence_list::iterator presence_list::begin() const {
  iterator i;
  if (size_ == 0) return i;
  i.core_ = snapshot_->core;
  i.left_ = size_;
  i.shown_.root = snapshot_->shown;
  i.shown_.rank = first_;
  i.shown_.left = with_hidden_ ? snapshot_->shown_count : size_;
  if (leaf_) {
    i.shown_.leaf = leaf_;
    i.shown_.index = index_;
  } else {
    i.seek(i.shown_);
  }
  if (with_hidden_) {
    i.hidden_.root = snapshot_->hidden;
    i.hidden_.left = size_ - snapshot_->shown_count;
    i.seek(i.hidden_);
  }
  i.next_key();
  return i;
}

presence_list::iterator presence_list::end() const noexcept { return {}; }

std::vector<presence> presence_list::to_vector() const {
  std::vector<presence> out;
  out.reserve(size_);
  for (auto p : *this) out.push_back(p.to_presence());
  return out;
}

// -- iterator ----------------------------------------------------------------

presence_view presence_list::iterator::operator*() const noexcept { return {core_, at_}; }

presence_list::iterator& presence_list::iterator::operator++() {
  if (--left_ == 0) return *this;
  if (!run_ && hidden_.left == 0 && next_in_leaf()) return *this;
  if (run_ && ++run_at_ < run_->size())
    at_ = (*run_)[run_at_];
  else
    next_key();
  return *this;
}

// Nearly always: the next entry is in the leaf at hand, and so is the one after
// it, whose window tells that it has another key.
bool presence_list::iterator::next_in_leaf() noexcept {
  auto& c = shown_;
  const auto* e = c.leaf->entries() + c.index;
  const auto left = c.leaf->count - c.index;
  if (left < 2 || (e[0].hi == e[1].hi && e[0].lo == e[1].lo)) return false;
  at_ = core_->memory.at<crdt::record>(e[0].what);
  ++c.index;
  ++c.rank;
  --c.left;
  if (left > ahead) __builtin_prefetch(core_->memory.at<char>(e[ahead].what));
  return true;
}

void presence_list::iterator::seek(cursor& c) const noexcept {
  if (c.left == 0) return;
  auto p = crdt::tree_at(core_->memory, c.root, c.rank);
  c.leaf = p.leaf;
  c.index = p.index;
}

void presence_list::iterator::advance(cursor& c) const noexcept {
  ++c.rank;
  --c.left;
  if (++c.index == c.leaf->count) seek(c);
  if (c.left && c.index + ahead < c.leaf->count)
    __builtin_prefetch(core_->memory.at<char>(c.leaf->entries()[c.index + ahead].what));
}

const crdt::record* presence_list::iterator::head(const cursor& c) const noexcept {
  return c.left ? core_->memory.at<crdt::record>(c.leaf->entries()[c.index].what) : nullptr;
}

// Goes to the first presence of the next key.
void presence_list::iterator::next_key() {
  run_.reset();
  auto* a = head(shown_);
  auto* b = head(hidden_);
  auto from_hidden = !a || (b && b->key() < a->key());
  auto& from = from_hidden ? hidden_ : shown_;
  at_ = from_hidden ? b : a;
  auto* leaf = from.leaf;
  auto* entry = &leaf->entries()[from.index];
  advance(from);
  // Is there another one of that key? In one leaf the windows mostly tell.
  auto* next = from.left ? &from.leaf->entries()[from.index] : nullptr;
  auto same = next && (from.leaf != leaf || (next->hi == entry->hi && next->lo == entry->lo))
              && head(from)->key() == at_->key();
  if (same || (a && b && !from_hidden && b->key() == a->key())) gather(at_);
}

// All of one key, in order of ref.
void presence_list::iterator::gather(const crdt::record* first) {
  auto all = std::make_shared<run>(1, first);
  for (auto* tree : {&shown_, &hidden_})
    for (auto* r = head(*tree); r && r->key() == first->key(); r = head(*tree)) {
      all->push_back(r);
      advance(*tree);
    }
  auto& core = *core_;
  std::sort(all->begin(), all->end(), [&](auto* x, auto* y) {
    return std::tuple{ref_of(core, *x), x->slice, x->actor}
           < std::tuple{ref_of(core, *y), y->slice, y->actor};
  });
  at_ = all->front();
  run_at_ = 0;
  run_ = std::move(all);
}

} // namespace rollcall
