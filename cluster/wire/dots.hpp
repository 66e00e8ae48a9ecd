// A compact encoding of sets of dots.
//
// (lo, hi] is divided into blocks of 4096 dots. Each block is encoded in the shortest of four
// forms: none, all, runs, or a bitmap. Consecutive blocks of one form share a header
// (varint: (count - 1) * 4 + form); `none` at the end is omitted. So a range of N dots takes
// little more than N/8 bytes for any pattern, and a long range of dead dots takes a few
// bytes. (Run lengths alone would take four times the bitmap if half of the dots are dead.)
#pragma once

#include "crdt/delta.hpp"
#include "crdt/interval_set.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rollcall::cluster {

/// Appends the encoding of the dots of `set` in (lo, hi]. Complexity: O(runs of the set).
void pack_dots(const crdt::interval_set& set, crdt::dot lo, crdt::dot hi, std::string& out);

/// Decodes the output of pack_dots for the same bounds into an empty set. Returns false if it
/// is malformed, or has more than `most` intervals: an interval may be two bits on the wire
/// and is 16 bytes in memory.
bool unpack_dots(std::string_view bytes, crdt::dot lo, crdt::dot hi, crdt::interval_set& out,
                 std::size_t most = SIZE_MAX);

} // namespace rollcall::cluster
