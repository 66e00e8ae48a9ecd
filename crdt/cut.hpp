// Cuts deltas out of a slice, piece by piece, for a copy with a given clock.
//
// An answer is a cursor and its end b, fixed when it begins. Each piece is cut
// from the slice as it is at that moment, which may be long after the previous
// one. This is as good as cutting all pieces at one moment:
//
//   complete  What a piece calls alive (at dots <= b, as all are) lived when
//       the piece was cut. The clock of the source was b or more by then, so it
//       lived at the owner's clock b too, and at every smaller clock that is
//       not before its birth: claiming a prefix <= b beside it is correct.
//   sound  What lived at b and is missing from its piece died between, so it is
//       dead at its owner, which is all that "known and not held" says.
//
// What died after b is part of the delta that follows b.
//
// Ranges end after any clock but the leave of an update, so that the two clocks
// of an update always come in one delta.
#pragma once

#include "crdt/own_slice.hpp"
#include "crdt/slice.hpp"

#include <cstddef>

namespace rollcall::crdt {

/// Limits of a piece. One presence always fits.
struct piece_size {
  std::size_t presences;
  std::size_t bytes;
};

/// A dot that is named by number costs sender and receiver a fraction of a birth:
/// 16 of them count as one presence.
constexpr std::size_t numbers_per_birth = 16;

/// Everything that happened in (a, e], for some e in (a, b] as large as fits.
/// Requires that the log reaches back to a. O(what happened).
range cut_range(const own_slice&, const presence_table&, clock_value a, clock_value b, piece_size);

/// What lives in (x, y], for some y in (x, b] as large as fits, for a copy whose
/// prefix is a. Requires that the slice is known up to b. O(what lives).
part cut_part(const slice&, const presence_table&, clock_value x, clock_value b, clock_value a,
              piece_size);

} // namespace rollcall::crdt
