// Texts that are similar to the previous one in their column: keys, and strings in metas.
//
// In a full transfer a column is "k000017", "k000018" or "user 4711", "user 12": a constant
// head and a number. Only the change is written:
//
//     text = sr bytes           s < 15 bytes shared with the previous text, then r < 16
//                               bytes of its own; s and r are half a byte each
//          | F0 shared length bytes
//          | F1 zigzag          the previous head, and the previous number plus this, with
//                               the same number of digits
//          | F2 length bytes    nothing is shared
//
// The shared length is limited: otherwise a thousand references of two bytes to a kilobyte
// would make the reader build a megabyte.
#pragma once

#include "base/varint.hpp"

#include <array>
#include <bit>
#include <charconv>
#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rollcall::cluster {

namespace format {

inline constexpr std::uint8_t text_long = 0xF0;
inline constexpr std::uint8_t text_number = 0xF1;
inline constexpr std::uint8_t text_plain = 0xF2;
inline constexpr std::size_t max_shared = 64;

/// Codes in place of the tag of a member's value; tags are at most 8.
inline constexpr std::uint8_t value_same = 0x10;       ///< the same as in the previous birth
inline constexpr std::uint8_t value_text = 0x11;       ///< a string, encoded as a text
inline constexpr std::uint8_t value_key_number = 0x12; ///< the head of the previous string,
                                                       ///< and the number that ends the key
inline constexpr std::size_t max_same = 32;

} // namespace format

/// The decimal number at the end of a text.
struct number_tail {
  std::size_t head = 0; ///< number of bytes before the number
  std::size_t digits = 0;
  std::uint64_t value = 0;

  static constexpr std::size_t max_digits = 18;

  number_tail() = default;
  explicit number_tail(std::string_view x) noexcept : head(x.size()) {
    std::uint64_t unit = 1;
    if (head >= 8) {
      last_eight(crdt::load_le64(x.data() + head - 8));
      if (digits < 8) return;
      unit = 100'000'000;
    }
    for (; head > 0 && digits < max_digits; unit *= 10, --head, ++digits) {
      const auto digit = static_cast<unsigned char>(x[head - 1] - '0');
      if (digit > 9) break;
      value += unit * digit;
    }
  }
  /// Converts eight digits at once (the first is the lowest byte of the word): pairs of digits
  /// become numbers, then pairs of these, then pairs of these.
  void last_eight(std::uint64_t text) noexcept {
    constexpr std::uint64_t each = 0x0101010101010101, high = 0x80 * each;
    const auto x = text ^ ('0' * each); // bytes of digits are at most 9 now
    const auto others = (((x & ~high) + (0x7f - 9) * each) | x) & high;
    digits = static_cast<std::size_t>(std::countl_zero(others)) / 8;
    head -= digits;
    if (digits == 0) return;
    auto n = x & (~std::uint64_t{0} << (64 - 8 * digits));
    n = n * 10 + (n >> 8);
    n = ((n & 0x000000FF000000FF) * (100 + (1'000'000ull << 32))
         + ((n >> 16) & 0x000000FF000000FF) * (1 + (10'000ull << 32)))
        >> 32;
    value = n;
  }
  /// Returns true if the number has no leading zeros, as `put_number` writes it.
  bool plain(std::string_view x) const noexcept {
    return digits == 1 || (digits > 1 && x[head] != '0');
  }
};

/// Writes the digits of n at p, at least `width`, at most 20.
inline char* put_number(char* p, std::uint64_t n, std::size_t width) noexcept {
  std::array<char, 20> buf;
  const auto end = std::to_chars(buf.data(), buf.data() + buf.size(), n).ptr;
  for (auto size = static_cast<std::size_t>(end - buf.data()); size < width; ++size) *p++ = '0';
  for (auto* q = buf.data(); q != end; ++q) *p++ = *q;
  return p;
}

} // namespace rollcall::cluster
