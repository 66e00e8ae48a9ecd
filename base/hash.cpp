#include "base/hash.hpp"

#define XXH_INLINE_ALL
#include <random>
#include <xxhash.h>

namespace rollcall::crdt {

namespace {

const std::uint64_t process_seed = [] {
  std::random_device source;
  return (std::uint64_t{source()} << 32) | source();
}();

} // namespace

std::uint64_t hash_bytes(std::string_view s) noexcept {
  return XXH3_64bits_withSeed(s.data(), s.size(), process_seed);
}

std::uint64_t hash_number(std::uint64_t x) noexcept {
  return XXH3_64bits_withSeed(&x, sizeof x, process_seed);
}

std::uint64_t stable_hash(std::string_view s, std::uint64_t seed) noexcept {
  return XXH3_64bits_withSeed(s.data(), s.size(), seed);
}

} // namespace rollcall::crdt
