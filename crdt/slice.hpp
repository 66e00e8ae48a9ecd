// A slice: what this node knows of one replica.
//
// It has the live presences (by dot) and the known clocks: every clock up to
// `prefix`, and the intervals of `beyond` past a gap. A clock that is known and has
// no live presence is dead at its owner for good, since clocks are given out once.
#pragma once

#include "crdt/audit.hpp"
#include "crdt/delta.hpp"
#include "crdt/dot_index.hpp"
#include "crdt/interval_set.hpp"
#include "crdt/table/presence_table.hpp"

#include <algorithm>

namespace rollcall::crdt {

/// Members that the owner's slice and a copy share.
struct slice {
  replica_id id;
  slice_no no = 0;  ///< in the table of presences
  dot_index living; ///< dot -> presence
  // view.hpp
  bool leaving = false;
  bool has_taken = false; ///< may hold presences that were taken over
  /// Sum of audit_hash over `living`; see audit.hpp.
  std::uint64_t sum = 0;
  /// The same, taken anew from memory for the dots up to `cursor`.
  struct {
    dot cursor = 0;
    std::uint64_t sum = 0;
  } scrub;

  /// A presence joins `living`; leaves it.
  void counted_in(const birth& b) noexcept { counted(b.dot, audit_hash(b)); }
  void counted_out(const birth& b) noexcept { counted(b.dot, 0 - audit_hash(b)); }

private:
  void counted(dot d, std::uint64_t h) noexcept {
    sum += h;
    if (d <= scrub.cursor) scrub.sum += h;
  }
};

/// A copy of another replica's slice. See merge.hpp for how it changes.
struct remote_slice : slice {
  clock_value prefix = 0; ///< everything the owner did up to here is known
  interval_set beyond;    ///< further clocks known; begins past prefix + 1
  clock_value as_of = 0;  ///< what died up to here may be gone already: see delta
  /// Position in the answer whose parts are being merged.
  struct {
    answer_id answer;
    clock_value y = 0;
  } progress;
  /// A relay's word is in it: what it knows may be false, until the owner has told
  /// all of it anew.
  bool hearsay = false;
  /// The last dot that was alive when what was known was forgotten: up to here a
  /// presence may live that the owner has not confirmed since. 0: none.
  dot doubtful = 0;
  /// Until the prefix is there, nothing that was cut before this clock is merged: it
  /// would bring back what a doubtful presence took the place of.
  clock_value told_anew_at = 0;
  std::uint64_t forgotten = 0; ///< how often that happened
  /// The visibility that it is to have. During a sweep some presences still have
  /// the other one; births take this one.
  bool shown = true;
  /// What those who leave while it is hidden or given up leave for.
  leave_reason why_hidden = leave_reason::node_down;

  bool knows(clock_value c) const noexcept { return c <= prefix || beyond.contains(c); }

  /// Marks (a, b] as known.
  void learn(clock_value a, clock_value b);
  /// And all of those past the prefix, which ascend.
  void learn_dead(const std::vector<dot>&);
  /// The highest clock that is known.
  clock_value highest() const noexcept { return std::max(prefix, beyond.last()); }
  /// Nothing is known any more. What lives stays shown until the owner, who tells
  /// all of it as of that clock or a later one, names it or does not.
  void forget(clock_value told_at);
  /// It lives here, and the owner has not said so since `forget`.
  bool doubted(dot d) const noexcept { return d <= doubtful && !knows(d); }

  /// Number of intervals past the prefix if that range were known.
  std::size_t intervals_after(const range&) const;
};

} // namespace rollcall::crdt
