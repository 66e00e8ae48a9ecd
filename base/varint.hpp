// Numbers of variable length: seven bits a byte, lowest first, the high bit set
// on all bytes but the last (LEB128). Small numbers take one byte.
//
// Used by the encodings of metas and of frames. Readers never read past `end`, and return
// nullptr if there is no valid number.
#pragma once

#include <bit>
#include <concepts>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>

namespace rollcall::crdt {

inline constexpr std::size_t max_varint_bytes = 10;

constexpr std::size_t varint_size(std::uint64_t x) noexcept {
  return (static_cast<std::size_t>(std::bit_width(x | 1)) + 6) / 7;
}

/// Writes at most `max_varint_bytes` at p. Returns the end.
inline char* put_varint(char* p, std::uint64_t x) noexcept {
  while (x >= 0x80) {
    *p++ = static_cast<char>(x | 0x80);
    x >>= 7;
  }
  *p++ = static_cast<char>(x);
  return p;
}

inline void append_varint(std::string& out, std::uint64_t x) {
  char buf[max_varint_bytes];
  out.append(buf, static_cast<std::size_t>(put_varint(buf, x) - buf));
}

/// Reads any form, including forms padded with zeros. Returns nullptr if it is truncated or
/// exceeds 64 bits.
inline const char* get_varint(const char* p, const char* end, std::uint64_t& x) noexcept {
  if (p != end && static_cast<unsigned char>(*p) < 0x80) { // the usual case
    x = static_cast<unsigned char>(*p);
    return p + 1;
  }
  x = 0;
  for (unsigned shift = 0; p != end && shift < 70; shift += 7) {
    auto byte = static_cast<std::uint64_t>(static_cast<unsigned char>(*p++));
    if (shift == 63 && byte > 1) return nullptr;
    x |= (byte & 0x7f) << shift;
    if (byte < 0x80) return p;
  }
  return nullptr;
}

/// Reads only the shortest form, for values that must have one encoding.
inline const char* get_shortest_varint(const char* p, const char* end, std::uint64_t& x) noexcept {
  auto q = get_varint(p, end, x);
  return q != nullptr && q - p > 1 && q[-1] == 0 ? nullptr : q;
}

/// Signed numbers near zero become small unsigned ones: 0, -1, 1, -2 ... -> 0, 1, 2, 3 ...
constexpr std::uint64_t zigzag(std::int64_t x) noexcept {
  return (static_cast<std::uint64_t>(x) << 1) ^ static_cast<std::uint64_t>(x >> 63);
}
constexpr std::int64_t unzigzag(std::uint64_t x) noexcept {
  return static_cast<std::int64_t>((x >> 1) ^ (~(x & 1) + 1));
}

// Little-endian words on every host.
template <std::unsigned_integral T>
constexpr T little_endian(T x) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    return x;
  } else {
    T result = 0;
    for (std::size_t i = 0; i < sizeof(T); ++i, x = static_cast<T>(x >> 8))
      result = static_cast<T>(result << 8 | (x & 0xff));
    return result;
  }
}
inline std::uint64_t load_le64(const char* p) noexcept {
  std::uint64_t x;
  std::memcpy(&x, p, sizeof x);
  return little_endian(x);
}
inline std::uint32_t load_le32(const char* p) noexcept {
  std::uint32_t x;
  std::memcpy(&x, p, sizeof x);
  return little_endian(x);
}
inline char* store_le64(char* p, std::uint64_t x) noexcept {
  x = little_endian(x);
  std::memcpy(p, &x, sizeof x);
  return p + sizeof x;
}
inline char* store_le32(char* p, std::uint32_t x) noexcept {
  x = little_endian(x);
  std::memcpy(p, &x, sizeof x);
  return p + sizeof x;
}

} // namespace rollcall::crdt
