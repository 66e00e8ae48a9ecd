// The encoding of a meta.
//
// A value is a tag byte and a body:
//
//     null, false, true   nothing
//     integer             varint of the zigzag, in its shortest form
//     real                8 bytes, little-endian IEEE 754; no NaN, no -0.0
//     string              varint length, bytes
//     array               varint count, that many values
//     map                 varint count, that many keys (varint length, bytes;
//                         strictly ascending), then that many values
//
// One value has one encoding, so equal metas are equal bytes. Keys come before the values:
// "count and keys" of a map is its *shape*, a byte string that most metas of an application
// share, and that a frame therefore contains only once (cluster/wire/frame.hpp).
#pragma once

#include <cstddef>
#include <cstdint>
#include <string_view>

namespace rollcall::crdt {

enum class meta_tag : char {
  null = 1,
  boolean_false = 2,
  boolean_true = 3,
  integer = 4,
  real = 5,
  string = 6,
  array = 7,
  map = 8,
};

inline constexpr std::string_view empty_map{"\x08\x00", 2};

// -- untrusted bytes: checked ------------------------------------------------
// Each returns the end of the checked value; nullptr if it is truncated or not canonical.
// `depth`: how many levels of containers are allowed.

const char* check_value(const char* p, const char* end, std::size_t depth) noexcept;
/// Checks a shape: count and keys. Sets `count` to the number of values that follow.
const char* check_shape(const char* p, const char* end, std::uint64_t& count) noexcept;
const char* check_values(const char* p, const char* end, std::uint64_t count,
                         std::size_t depth) noexcept;
/// Returns true if the bytes are exactly one map.
bool check_map(std::string_view bytes, std::size_t depth) noexcept;

// -- canonical bytes: traversed --------------------------------------
// Each returns the end of the skipped value; nullptr if that is past `end`. Never reads past
// `end`.

const char* skip_value(const char* p, const char* end) noexcept;
const char* skip_shape(const char* p, const char* end, std::uint64_t& count) noexcept;

} // namespace rollcall::crdt
