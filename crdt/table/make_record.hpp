// Lays a presence down in memory (record.hpp).
#pragma once

#include "crdt/table/record.hpp"

#include <limits>

namespace rollcall::crdt {

inline handle make_record(arena& mem, slice_no slice, bool local, handle topic, const birth& b) {
  assert(b.key.size() <= std::numeric_limits<std::uint16_t>::max());
  assert(b.meta.size() <= std::numeric_limits<std::uint32_t>::max());
  unsigned layout = local ? record::has_links : 0u;
  if (b.ref) layout |= record::has_ref;
  if (b.prev_ref) layout |= record::has_prev;
  auto flags = static_cast<std::uint8_t>(layout);
  auto h = mem.allocate(record::bytes(flags, b.key.size(), b.meta.size()), slice);
  auto* r = mem.at<record>(h);
  r->dot = b.dot;
  r->actor = b.actor;
  r->topic = topic;
  r->slice = slice;
  r->meta_bytes = static_cast<std::uint32_t>(b.meta.size());
  r->key_bytes = static_cast<std::uint16_t>(b.key.size());
  r->layout = flags;
  r->state = 0;
  auto* p = r->raw() + record::key_offset(flags);
  b.key.copy(p, b.key.size());
  b.meta.copy(p + b.key.size(), b.meta.size());
  if (b.prev_ref) std::memcpy(p -= sizeof(ref), &*b.prev_ref, sizeof(ref));
  if (b.ref) std::memcpy(p - sizeof(ref), &*b.ref, sizeof(ref));
  return h;
}

} // namespace rollcall::crdt
