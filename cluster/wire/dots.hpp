// Sets of dots in few bytes.
//
// (lo, hi] is cut into blocks of 4096 dots, and each is written in the way that
// takes least: none, all, runs, or a bitmap. Blocks of one way in a row share a
// header (varint: how many - 1, times 4, plus the way); `none` at the end is
// left out. So N dots take N/8 bytes and a little, whatever the pattern, and an
// eternity of dead dots takes a few bytes (plain run lengths would take four
// times the bitmap at half dead).
#pragma once

#include "crdt/delta.hpp"
#include "crdt/interval_set.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rollcall::cluster {

/// Appends the dots of `set` that are in (lo, hi]. O(runs of the set).
void pack_dots(const crdt::interval_set& set, crdt::dot lo, crdt::dot hi, std::string& out);

/// Reads what pack_dots wrote for the same bounds into an empty set. False for
/// what it cannot have written, and for more than `most` intervals: one may be
/// two bits there and is 16 bytes here.
bool unpack_dots(std::string_view bytes, crdt::dot lo, crdt::dot hi, crdt::interval_set& out,
                 std::size_t most = SIZE_MAX);

} // namespace rollcall::cluster
