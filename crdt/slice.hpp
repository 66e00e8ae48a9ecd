// A slice: what this node knows of one replica.
//
// It has the live presences (by dot) and the known clocks: every clock up to
// `prefix`, and the intervals of `beyond` past a gap. A clock that is known and has
// no live presence is dead at its owner for good, since clocks are given out once.
#pragma once

#include "crdt/delta.hpp"
#include "crdt/dot_index.hpp"
#include "crdt/interval_set.hpp"
#include "crdt/table/presence_table.hpp"

namespace rollcall::crdt {

/// Members that the owner's slice and a copy share.
struct slice {
  replica_id id;
  slice_no no = 0;  ///< in the table of presences
  dot_index living; ///< dot -> presence
};

/// A copy of another replica's slice. See merge.hpp for how it changes.
struct remote_slice : slice {
  clock_value prefix = 0; ///< everything the owner did up to here is known
  interval_set beyond;    ///< further clocks known; begins past prefix + 1
  /// Position in the answer whose parts are being merged.
  struct {
    answer_id answer;
    clock_value y = 0;
  } progress;
  /// The visibility that it is to have. During a sweep some presences still have
  /// the other one; births take this one.
  bool shown = true;

  bool knows(clock_value c) const noexcept { return c <= prefix || beyond.contains(c); }

  /// Marks (a, b] as known.
  void learn(clock_value a, clock_value b);

  /// Number of intervals past the prefix if that range were known.
  std::size_t intervals_after(const range&) const;
};

} // namespace rollcall::crdt
