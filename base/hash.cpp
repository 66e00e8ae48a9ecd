// Multiply 64 by 64 bits and fold the 128 bits of the product together: the
// step of the "mum" family of hashes (Makarov, 2016).
#include "base/hash.hpp"

#include <cstddef>
#include <cstring>
#include <random>

namespace rollcall::crdt {

namespace {

__extension__ using wide = unsigned __int128;

std::uint64_t fold(std::uint64_t a, std::uint64_t b) noexcept {
  auto product = static_cast<wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

std::uint64_t load8(const char* p) noexcept {
  std::uint64_t x;
  std::memcpy(&x, p, 8);
  return x;
}

std::uint64_t load4(const char* p) noexcept {
  std::uint32_t x;
  std::memcpy(&x, p, 4);
  return x;
}

constexpr std::uint64_t odd1 = 0x9FB21C651E98DF25ull, odd2 = 0xD6E8FEB86659FD93ull;

const std::uint64_t seed = [] {
  std::random_device source;
  return (std::uint64_t{source()} << 32) | source();
}();

} // namespace

std::uint64_t hash_bytes(std::string_view s) noexcept {
  auto* p = s.data();
  auto n = s.size();
  auto h = seed ^ odd1;
  for (; n > 16; p += 16, n -= 16) h = fold(load8(p) ^ odd2, load8(p + 8) ^ h);
  std::uint64_t a = 0, b = 0;
  if (n >= 8) { // the last 16 bytes, as two words that may overlap
    a = load8(p);
    b = load8(p + n - 8);
  } else if (n >= 4) {
    a = load4(p);
    b = load4(p + n - 4);
  } else if (n > 0) {
    a = static_cast<unsigned char>(p[0]);
    b = (std::uint64_t{static_cast<unsigned char>(p[n / 2])} << 8)
        | static_cast<unsigned char>(p[n - 1]);
  }
  return fold(fold(a ^ odd2, b ^ h), s.size() ^ odd1);
}

std::uint64_t hash_number(std::uint64_t x) noexcept {
  return fold(fold(x ^ odd2, seed ^ odd1), odd2);
}

} // namespace rollcall::crdt
