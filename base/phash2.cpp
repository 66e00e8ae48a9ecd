// Jenkins' hash of 1996: three words of state take twelve bytes in each round and are mixed;
// the rest of the input and its length are added before the last mix.
#include "base/phash2.hpp"

#include <cassert>
#include <cstddef>

namespace rollcall::crdt {

namespace {

// The golden ratio, as an arbitrary value.
constexpr std::uint32_t golden = 0x9E3779B9u;

// Erlang numbers the kinds of terms; the initial value for a binary, which is number 13, is
// 13 times the golden ratio.
constexpr std::uint32_t binary_seed = golden * 13u;

struct state {
  std::uint32_t a = golden;
  std::uint32_t b = golden;
  std::uint32_t c;

  explicit state(std::uint32_t seed) noexcept : c(seed) {}

  // Each line subtracts the other two words from one and mixes in a shifted third. It is
  // reversible, and every input bit affects every bit of c.
  void mix() noexcept {
    constexpr int shifts[3][3] = {{13, 8, 13}, {12, 16, 5}, {3, 10, 15}};
    for (const auto& s : shifts) {
      a = (a - b - c) ^ (c >> s[0]);
      b = (b - c - a) ^ (a << s[1]);
      c = (c - a - b) ^ (b >> s[2]);
    }
  }
};

std::uint32_t byte_at(const char* p, std::size_t i) noexcept {
  return static_cast<unsigned char>(p[i]);
}

// Little endian on every machine, so that the hash is portable.
std::uint32_t word_at(const char* p) noexcept {
  return byte_at(p, 0) | byte_at(p, 1) << 8 | byte_at(p, 2) << 16 | byte_at(p, 3) << 24;
}

} // namespace

std::uint32_t phash2(std::string_view binary) noexcept {
  if (binary.empty()) return binary_seed; // not even the length is mixed
  state s{binary_seed};
  const char* p = binary.data();
  std::size_t left = binary.size();
  for (; left >= 12; left -= 12, p += 12) {
    s.a += word_at(p);
    s.b += word_at(p + 4);
    s.c += word_at(p + 8);
    s.mix();
  }
  // At most 11 bytes remain. The lowest byte of c is for the length, so the last three bytes
  // are shifted by one byte.
  s.c += static_cast<std::uint32_t>(binary.size());
  for (std::size_t i = 0; i < left; ++i) {
    const auto x = byte_at(p, i);
    if (i < 4)
      s.a += x << (8 * i);
    else if (i < 8)
      s.b += x << (8 * (i - 4));
    else
      s.c += x << (8 * (i - 7));
  }
  s.mix();
  return s.c;
}

std::uint32_t phash2(std::string_view binary, std::uint32_t range) noexcept {
  assert(range != 0);
  return phash2(binary) % range;
}

} // namespace rollcall::crdt
