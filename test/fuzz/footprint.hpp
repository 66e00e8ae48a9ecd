// How much memory a decoded frame holds.
#pragma once

#include "cluster/wire/frame.hpp"

#include <algorithm>
#include <cstddef>
#include <string>

namespace rollcall::fuzz {

inline std::size_t heap_of(const std::string& x) {
  return x.capacity() > 15 ? x.capacity() + 1 : 0;
}

/// Heap bytes behind a frame, metas put together (its storage) not counted twice:
/// what they are long is an upper bound of what they take.
inline std::size_t footprint(const cluster::frame& f) {
  auto n = heap_of(f.from.name) + f.clocks.capacity() * sizeof f.clocks[0]
           + f.deltas.capacity() * sizeof(crdt::delta);
  for (auto& [who, clock] : f.clocks) n += heap_of(who.name);
  const auto births = [&](const std::vector<crdt::birth>& all) {
    n += all.capacity() * sizeof(crdt::birth);
    for (auto& b : all) n += f.storage ? b.meta.size() : 0;
  };
  for (auto& d : f.deltas) {
    n += heap_of(d.slice.name);
    if (auto r = std::get_if<crdt::range>(&d.what)) {
      births(r->adds);
      n += r->dead.capacity() * sizeof(crdt::dot);
    } else {
      auto& p = std::get<crdt::part>(d.what);
      births(p.adds);
      n += heap_of(p.answer.from.name)
           + p.known.runs().capacity() * sizeof(crdt::interval_set::interval);
    }
  }
  return n;
}

/// What a frame of so many bytes may hold at most: a small one hundreds of times
/// its size, a large one a fixed sum and a few times its size.
inline std::size_t most_memory(std::size_t bytes) {
  return std::min((std::size_t{64} << 20) + 32 * bytes, 4096 + 400 * bytes);
}

} // namespace rollcall::fuzz
