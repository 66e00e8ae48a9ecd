// A list of handles to free once no reader can see them, in chunks.
//
// The list is not chained through the objects: readers on other cores still use
// them, and writing to them would move their cache lines. Following a chain also
// costs one miss after another, while the objects of a chunk are prefetched
// together.
//
// A list is the handle of its first chunk; 0 is the empty list.
//
// Thread-safety: writer only.
#pragma once

#include "crdt/table/arena.hpp"

#include <array>
#include <cstddef>
#include <cstdint>

namespace rollcall::crdt {

struct garbage_chunk {
  handle next;
  std::uint32_t count;
  std::array<handle, 14> items;
};
static_assert(sizeof(garbage_chunk) == 64);

inline void add_garbage(arena& mem, handle& list, handle what) {
  auto* c = list ? mem.at<garbage_chunk>(list) : nullptr;
  if (!c || c->count == c->items.size()) {
    const auto fresh = mem.allocate(sizeof(garbage_chunk));
    c = mem.at<garbage_chunk>(fresh);
    c->next = list;
    c->count = 0;
    list = fresh;
  }
  c->items[c->count++] = what;
}

/// Removes the first chunk of `list` and calls f(handle) for each entry. Entries
/// for which f returns false are moved to `rest`. Requires a non-empty list.
/// Returns the number of entries. Does not allocate.
template <class F>
std::size_t sort_garbage(arena& mem, handle& list, handle& rest, F&& f) {
  const auto self = list;
  auto& c = *mem.at<garbage_chunk>(self);
  list = c.next;
  if (list) mem.touch(list);
  for (std::uint32_t i = 0; i < c.count; ++i) mem.touch(c.items[i]);
  const auto n = c.count;
  c.count = 0;
  for (std::uint32_t i = 0; i < n; ++i)
    if (!f(c.items[i])) c.items[c.count++] = c.items[i];
  auto* other = rest ? mem.at<garbage_chunk>(rest) : nullptr;
  if (other && other->count + c.count <= other->items.size()) {
    for (std::uint32_t i = 0; i < c.count; ++i) other->items[other->count++] = c.items[i];
    c.count = 0;
  }
  if (c.count == 0) {
    mem.free(self);
  } else {
    c.next = rest;
    rest = self;
  }
  return n;
}

} // namespace rollcall::crdt
