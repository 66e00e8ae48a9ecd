// What is to be freed once nobody can see it: handles in a list of chunks.
//
// Not a chain through the objects themselves. Readers look at them still, on
// other cores: writing into them would take the cache lines from each other.
// And a chain has to be followed miss by miss, where a chunk names many objects,
// which are fetched together.
//
// A list is the handle of its first chunk; 0 is empty.
//
// Threads: the writer's.
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

/// Takes the first chunk off `list`, which is not empty. What f(handle) answers
/// true to is done with; the rest goes to `rest`. Never allocates. Returns how
/// many there were.
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
