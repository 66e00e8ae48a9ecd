// Reads and writes numbers, strings and fields.
//
// A field is (varint tag, varint length, that many bytes). A reader skips fields that it
// does not know, so later versions can add fields. Every length is checked against the
// rest of the input before it is used.
#pragma once

#include "base/varint.hpp"
#include "rollcall/presence.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rollcall::cluster {

/// Reads untrusted bytes. The first malformed value makes the reader fail: it is then at its
/// end and returns zeros and empty strings, so one check of `ok()` after the last read is
/// sufficient.
class reader {
public:
  reader() = default;
  explicit reader(std::string_view bytes) noexcept
      : p_(bytes.data()), end_(bytes.data() + bytes.size()) {}

  bool ok() const noexcept { return ok_; }
  bool at_end() const noexcept { return p_ == end_; }
  /// Returns true if all bytes were read without failure.
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
  /// Reads a varint <= max.
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
  /// Reads an incarnation: varint start time, 8 bytes of salt. Used in frames and messages.
  rollcall::incarnation incarnation() noexcept {
    rollcall::incarnation x;
    x.start_us = varint();
    x.salt = fixed64();
    return x;
  }
  /// Reads an incarnation of 16 bytes. Used in hellos, packets and preambles.
  rollcall::incarnation fixed_incarnation() noexcept {
    rollcall::incarnation x;
    x.start_us = fixed64();
    x.salt = fixed64();
    return x;
  }
  std::string_view bytes(std::uint64_t n) noexcept {
    if (n > left()) return fail(), std::string_view{};
    p_ += n;
    return {p_ - n, static_cast<std::size_t>(n)};
  }
  /// Reads a varint length and that many bytes.
  std::string_view blob() noexcept { return bytes(varint()); }
  /// Reads a blob of `min` to `max` bytes.
  std::string_view blob(std::size_t min, std::size_t max) noexcept {
    auto x = blob();
    if (x.size() < min || x.size() > max) return fail(), std::string_view{};
    return x;
  }
  /// Reads the next field. Returns false at the end and after a failure.
  bool field(std::uint64_t& tag, reader& body) noexcept {
    if (p_ == end_) return false;
    tag = varint();
    body = reader{blob()};
    return ok_;
  }

  /// For code that reads the bytes by itself and then sets the new position (nullptr:
  /// failure).
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

/// Appends to a string. For small or rare values; frames have their own encoder.
class writer {
public:
  explicit writer(std::string& out) noexcept : out_(out) {}

  void byte(std::uint8_t x) { out_.push_back(static_cast<char>(x)); }
  void varint(std::uint64_t x) { crdt::append_varint(out_, x); }
  void fixed64(std::uint64_t x);
  void incarnation(const rollcall::incarnation& x) {
    varint(x.start_us);
    fixed64(x.salt);
  }
  void fixed_incarnation(const rollcall::incarnation& x) {
    fixed64(x.start_us);
    fixed64(x.salt);
  }
  void blob(std::string_view x);
  void field(std::uint64_t tag, std::string_view bytes);
  void field(std::uint64_t tag, std::uint64_t number);

private:
  std::string& out_;
};

} // namespace rollcall::cluster
