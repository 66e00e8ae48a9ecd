// Erlang's portable hash of a binary, with equal values. It decides which shard of a tracker
// owns a topic, as in Phoenix.Tracker.
//
//     shard = phash2(topic, pool_size);   // erlang:phash2(<<"lobby">>, 4)
//
// `erlang:phash2(term, range)` is the whole 32-bit hash modulo the range, and
// `erlang:phash2(term)` the same hash modulo 2^27. So phash2/1 modulo n differs from phash2/2
// with n, unless n is a power of two: always pass the range.
//
// The algorithm is Bob Jenkins' of 1996 ("A hash function for hash table
// lookup", Dr. Dobb's Journal, September 1997), with the initial value that
// Erlang gives to binaries.
//
// Thread-safety: pure functions. Throws nothing, allocates nothing.
#pragma once

#include <cstdint>
#include <string_view>

namespace rollcall::crdt {

/// Returns the whole 32-bit hash of the bytes as an Erlang binary.
std::uint32_t phash2(std::string_view binary) noexcept;

/// erlang:phash2(Binary, Range): 0 ... range - 1. Requires range >= 1.
std::uint32_t phash2(std::string_view binary, std::uint32_t range) noexcept;

/// erlang:phash2(Binary) for the whole hash: its low 27 bits.
constexpr std::uint32_t phash2_default_range = std::uint32_t{1} << 27;

} // namespace rollcall::crdt
