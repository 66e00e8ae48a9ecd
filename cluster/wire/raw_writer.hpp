// Writes through a bare pointer, for the encoder of frames. Requires that the caller has
// reserved enough space.
#pragma once

#include "base/varint.hpp"
#include "rollcall/presence.hpp"

#include <cassert>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string_view>

namespace rollcall::cluster {

class raw_writer {
protected:
  static constexpr std::size_t length_bytes = 5; ///< space for a length that is not known yet

  void number(std::uint64_t x) { p_ = crdt::put_varint(p_, x); }
  void bytes(std::string_view x) {
    if (x.empty()) return; // memcpy does not accept null
    std::memcpy(p_, x.data(), x.size());
    p_ += x.size();
  }
  /// The same encoding as writer::incarnation.
  void write_life(const incarnation& x) {
    number(x.start_us);
    p_ = crdt::store_le64(p_, x.salt);
  }

  /// Begins a field whose length is not known yet: reserves space for the length.
  char* open_field(std::uint64_t tag) {
    number(tag);
    p_ += length_bytes;
    return p_;
  }
  void close_field(char* start) {
    auto n = static_cast<std::size_t>(p_ - start);
    auto q = start - length_bytes;
    if (n < 0x80) { // one byte of length: move the field to close the gap
      std::memmove(q + 1, start, n);
      p_ -= length_bytes - 1;
    } else {
      for (std::size_t i = 0; i + 1 < length_bytes; ++i, n >>= 7)
        *q++ = static_cast<char>(n | 0x80);
      assert(n < 0x80);
    }
    *q = static_cast<char>(n);
  }

  char* p_ = nullptr;
};

} // namespace rollcall::cluster
