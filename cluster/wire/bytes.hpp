// Reading and writing of bytes that travel: numbers, strings, fields.
//
// A field is (varint tag, varint length, that many bytes), so that a reader
// steps over the fields that it does not know: this is how later versions add
// things. Every length is checked against what is left before it is used.
#pragma once

#include "base/varint.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rollcall::cluster {

/// Reads from bytes of strangers. The first thing that does not fit makes it
/// fail: from then on it is at its end and yields zeros and empty strings, so
/// that one look at `ok()` after the last read is enough.
class reader {
public:
  reader() = default;
  explicit reader(std::string_view bytes) noexcept
      : p_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const noexcept { return ok_; }
  bool at_end() const noexcept { return p_ == end_; }
  /// All read, and nothing was wrong.
  bool done() const noexcept { return ok_ && p_ == end_; }
  std::size_t left() const noexcept { return static_cast<std::size_t>(end_ - p_); }
  void fail() noexcept {
    ok_ = false;
    p_ = end_;
  }

  std::uint8_t byte() noexcept {
    if (p_ == end_) return fail(), std::uint8_t{0};
    return static_cast<std::uint8_t>(*p_++);
  }
  std::uint64_t varint() noexcept {
    std::uint64_t x = 0;
    auto q = crdt::get_varint(p_, end_, x);
    if (q == nullptr) return fail(), std::uint64_t{0};
    p_ = q;
    return x;
  }
  /// A varint <= max.
  std::uint64_t varint(std::uint64_t max) noexcept {
    auto x = varint();
    if (x > max) return fail(), std::uint64_t{0};
    return x;
  }
  std::uint64_t fixed64() noexcept {
    if (left() < 8) return fail(), std::uint64_t{0};
    p_ += 8;
    return crdt::load_le64(p_ - 8);
  }
  std::string_view bytes(std::uint64_t n) noexcept {
    if (n > left()) return fail(), std::string_view{};
    p_ += n;
    return {p_ - n, static_cast<std::size_t>(n)};
  }
  /// A varint length, and that many bytes.
  std::string_view blob() noexcept { return bytes(varint()); }
  /// A blob of `min` to `max` bytes.
  std::string_view blob(std::size_t min, std::size_t max) noexcept {
    auto x = blob();
    if (x.size() < min || x.size() > max) return fail(), std::string_view{};
    return x;
  }
  /// The next field; false at the end and after a failure.
  bool field(std::uint64_t& tag, reader& body) noexcept {
    if (p_ == end_) return false;
    tag = varint();
    body = reader{blob()};
    return ok_;
  }

  /// For code that goes through the bytes by itself, and comes back with where
  /// it stopped (nullptr: fails).
  const char* position() const noexcept { return p_; }
  const char* end() const noexcept { return end_; }
  void move_to(const char* p) noexcept {
    if (p == nullptr) return fail();
    p_ = p;
  }

private:
  const char* p_ = nullptr;
  const char* end_ = nullptr;
  bool ok_ = true;
};

/// Appends to a string. For what is small or rare; frames have an encoder of
/// their own.
class writer {
public:
  explicit writer(std::string& out) noexcept : out_(out) {}

  void byte(std::uint8_t x) { out_.push_back(static_cast<char>(x)); }
  void varint(std::uint64_t x) { crdt::append_varint(out_, x); }
  void fixed64(std::uint64_t x);
  void blob(std::string_view x);
  void field(std::uint64_t tag, std::string_view bytes);
  void field(std::uint64_t tag, std::uint64_t number);

private:
  std::string& out_;
};

} // namespace rollcall::cluster
