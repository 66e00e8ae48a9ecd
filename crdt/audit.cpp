#include "crdt/audit.hpp"

#include "base/hash.hpp"

#include <cstring>

namespace rollcall::crdt {

namespace {

std::uint64_t add_ref(std::uint64_t h, const std::optional<ref>& x) noexcept {
  if (!x) return h;
  const std::uint64_t words[3] = {x->inc.start_us, x->inc.salt, x->clock};
  char bytes[sizeof words];
  std::memcpy(bytes, words, sizeof words);
  return stable_hash({bytes, sizeof bytes}, h);
}

} // namespace

std::uint64_t audit_hash(const birth& b) noexcept {
  auto h = stable_hash(b.key, b.dot * 0x9E3779B97F4A7C15ull + b.actor);
  h = stable_hash(b.meta, h);
  h = stable_hash(b.topic, h);
  return add_ref(add_ref(h, b.ref), b.prev_ref);
}

} // namespace rollcall::crdt
