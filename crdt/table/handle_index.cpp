#include "crdt/table/handle_index.hpp"

#include <algorithm>
#include <bit>
#include <memory>
#include <new>

namespace rollcall::crdt {

void handle_index::free_block(void* block) noexcept { ::operator delete(block); }

handle_index::~handle_index() {
  auto* d = directory_.load(std::memory_order_relaxed);
  if (!d) return;
  segment* last = nullptr;
  for (std::size_t i = 0; i < d->size(); ++i) {
    auto* s = d->segments()[i].load(std::memory_order_relaxed);
    if (s && s != last) free_block(s);
    if (s) last = s;
  }
  free_block(d);
}

handle_index::directory* handle_index::make_directory(std::uint64_t depth) {
  auto n = std::size_t{1} << depth;
  auto bytes = sizeof(directory) + n * sizeof(std::atomic<segment*>);
  auto* d = new (::operator new(bytes)) directory{depth};
  std::uninitialized_value_construct_n(d->segments(), n);
  bytes_ += bytes;
  return d;
}

handle_index::segment* handle_index::make_segment(std::uint32_t slots, std::uint32_t depth) {
  auto bytes = sizeof(segment) + slots * sizeof(slot);
  auto* s = new (::operator new(bytes)) segment{slots - 1, depth, 0, 0};
  std::uninitialized_value_construct_n(s->slots(), slots);
  bytes_ += bytes;
  return s;
}

template <class T>
void handle_index::retire(T* block) noexcept {
  if constexpr (std::is_same_v<T, segment>)
    bytes_ -= sizeof(segment) + (block->mask + std::size_t{1}) * sizeof(slot);
  else
    bytes_ -= sizeof(directory) + block->size() * sizeof(std::atomic<segment*>);
  if (retirement_.retire)
    retirement_.retire(retirement_.context, block);
  else
    free_block(block);
}

// Into the first slot that holds nothing.
void handle_index::add(segment& s, std::uint32_t hash, handle h) noexcept {
  for (auto i = hash & s.mask;; i = (i + 1) & s.mask) {
    auto& to = s.slots()[i];
    auto x = to.load(std::memory_order_relaxed);
    if (static_cast<handle>(x) != 0) continue;
    if (x == empty_slot) ++s.used;
    ++s.live;
    to.store(std::uint64_t{hash} << 32 | h, std::memory_order_release);
    return;
  }
}

handle_index::slot& handle_index::find_slot(std::uint32_t hash, handle h) const noexcept {
  auto* s = directory_.load(std::memory_order_relaxed)->at(hash).load(std::memory_order_relaxed);
  auto want = std::uint64_t{hash} << 32 | h;
  auto i = hash & s->mask;
  while (s->slots()[i].load(std::memory_order_relaxed) != want) {
    assert(s->slots()[i].load(std::memory_order_relaxed) != empty_slot && "not in the index");
    i = (i + 1) & s->mask;
  }
  return s->slots()[i];
}

// Enters a segment wherever the directory leads hashes of its `depth` upper bits.
void handle_index::publish(std::uint32_t hash, std::uint32_t depth, segment* s) noexcept {
  auto& d = *directory_.load(std::memory_order_relaxed);
  auto n = std::size_t{1} << (d.depth - depth);
  auto first = d.place(hash) & ~(n - 1);
  for (auto i = first; i < first + n; ++i) d.segments()[i].store(s, std::memory_order_release);
}

// The same entries in a segment of another size.
void handle_index::rebuild(std::uint32_t hash, segment& old, std::uint32_t slots) {
  auto* s = make_segment(slots, old.depth);
  for (std::size_t i = 0; i <= old.mask; ++i) {
    auto x = old.slots()[i].load(std::memory_order_relaxed);
    if (auto h = static_cast<handle>(x)) add(*s, static_cast<std::uint32_t>(x >> 32), h);
  }
  publish(hash, old.depth, s);
  retire(&old); // NOLINT(clang-analyzer-cplusplus.NewDeleteLeaks): the directory has `s`
}

// One more upper bit parts the entries into two segments.
void handle_index::split(std::uint32_t hash, segment& old) {
  auto* d = directory_.load(std::memory_order_relaxed);
  if (old.depth == d->depth) {
    auto* twice = make_directory(d->depth + 1);
    for (std::size_t i = 0; i < twice->size(); ++i)
      twice->segments()[i].store(d->segments()[i / 2].load(std::memory_order_relaxed),
                                 std::memory_order_relaxed);
    directory_.store(twice, std::memory_order_release);
    retire(d);
  }
  auto depth = old.depth + 1;
  auto bit = std::uint32_t{1} << (32 - depth);
  auto slots = std::max(max_slots, std::bit_ceil(old.live + 1));
  segment* halves[] = {make_segment(slots, depth), make_segment(slots, depth)};
  for (std::size_t i = 0; i <= old.mask; ++i) {
    auto x = old.slots()[i].load(std::memory_order_relaxed);
    auto its = static_cast<std::uint32_t>(x >> 32);
    if (auto h = static_cast<handle>(x)) add(*halves[(its & bit) != 0], its, h);
  }
  for (auto* half : halves) {
    publish(half == halves[0] ? hash & ~bit : hash | bit, depth, half->live ? half : nullptr);
    if (!half->live) retire(half); // all are on one side
  }
  retire(&old);
}

void handle_index::make_room(std::uint32_t hash, segment& s) {
  auto slots = s.mask + 1;
  if (s.live <= slots / 2) { // most of what is used are removed ones
    rebuild(hash, s, slots);
    return;
  }
  // Hashes that agree in many upper bits must not make a huge directory.
  auto depth = directory_.load(std::memory_order_relaxed)->depth;
  auto can_split = s.depth < depth || (s.depth < max_depth && (2u << depth) <= 16 + size_ / 128);
  if (slots < max_slots || !can_split)
    rebuild(hash, s, 2 * slots);
  else
    split(hash, s);
}

void handle_index::insert(std::uint32_t hash, handle h) {
  auto* d = directory_.load(std::memory_order_relaxed);
  if (!d) {
    d = make_directory(0);
    directory_.store(d, std::memory_order_release);
  }
  auto* s = d->at(hash).load(std::memory_order_relaxed);
  if (!s) {
    auto depth = static_cast<std::uint32_t>(d->depth);
    s = make_segment(min_slots, depth);
    publish(hash, depth, s);
  }
  // At most four fifths full; a split may leave all on one side.
  while (std::uint64_t{s->used + 1} * 5 > (std::uint64_t{s->mask} + 1) * 4) {
    make_room(hash, *s);
    s = directory_.load(std::memory_order_relaxed)->at(hash).load(std::memory_order_relaxed);
  }
  add(*s, hash, h);
  ++size_;
}

void handle_index::erase(std::uint32_t hash, handle h) {
  auto& found = find_slot(hash, h);
  auto& s = *directory_.load(std::memory_order_relaxed)->at(hash).load(std::memory_order_relaxed);
  found.store(removed_slot, std::memory_order_release);
  --size_;
  if (--s.live == 0) {
    publish(hash, s.depth, nullptr);
    retire(&s);
    if (size_ == 0) retire(directory_.exchange(nullptr, std::memory_order_acq_rel));
    return;
  }
  // Removed slots at the end of a run lead nowhere.
  auto i = static_cast<std::size_t>(&found - s.slots());
  if (s.slots()[(i + 1) & s.mask].load(std::memory_order_relaxed) == empty_slot)
    for (; s.slots()[i].load(std::memory_order_relaxed) == removed_slot; i = (i - 1) & s.mask) {
      s.slots()[i].store(empty_slot, std::memory_order_release);
      --s.used;
    }
  if (s.mask + 1 > min_slots && s.live < (s.mask + 1) / 8) rebuild(hash, s, (s.mask + 1) / 4);
}

void handle_index::replace(std::uint32_t hash, handle old, handle by) {
  find_slot(hash, old).store(std::uint64_t{hash} << 32 | by, std::memory_order_release);
}

} // namespace rollcall::crdt
