// Cutting deltas out of a slice, piece by piece, for somebody who has a clock.
//
// An answer is a cursor and its end b, which is fixed when it begins; nothing
// else is kept, and each piece is cut from the slice as it is at that moment,
// which may be long after the one before. That is as good as all pieces from
// one moment:
//
//   complete  What a piece calls alive (at dots <= b, as all are) lived when
//       the piece was cut. The clock of the source was b or more by then, so it
//       lived at the owner's clock b too, and at every smaller clock that is
//       not before its birth: to claim a prefix <= b beside it is true.
//   sound  What lived at b and is missing from its piece died between, so it is
//       dead at its owner, which is all that "known and not held" says.
//
// What died after b is told, if at all, by the delta that comes after b.
//
// Ranges end after any clock but the leave of an update, so that the two clocks
// of an update always come in one delta.
#pragma once

#include "crdt/own_slice.hpp"
#include "crdt/slice.hpp"

#include <cstddef>

namespace rollcall::crdt {

/// How large a piece may get. One presence always fits.
struct piece_size {
  std::size_t presences;
  std::size_t bytes;
};

/// What is told by number only costs who cuts it, and who merges it, a fraction
/// of a birth: 16 of them count as one presence.
constexpr std::size_t numbers_per_birth = 16;

/// Everything that happened in (a, e], for some e in (a, b] as large as fits.
/// The log must reach back to a. O(what happened).
range cut_range(const own_slice&, const presence_table&, clock_value a, clock_value b, piece_size);

/// What lives in (x, y], for some y in (x, b] as large as fits, for somebody
/// who has everything up to a. The slice must be known up to b. O(what lives).
part cut_part(const slice&, const presence_table&, clock_value x, clock_value b, clock_value a,
              piece_size);

} // namespace rollcall::crdt
