// A slice: all that one replica ever said, as far as it is held here.
//
// Held is what lives (by dot), and what is known: a copy knows every clock up
// to its `prefix`, and `beyond` it some intervals that came past a gap. A clock
// that is known and whose presence does not live is dead at its owner, for
// good: clocks are given out once.
#pragma once

#include "crdt/delta.hpp"
#include "crdt/dot_index.hpp"
#include "crdt/interval_set.hpp"
#include "crdt/table/presence_table.hpp"

namespace rollcall::crdt {

/// What the owner's slice and a copy have in common.
struct slice {
  replica_id id;
  slice_no no = 0;  ///< in the table of presences
  dot_index living; ///< dot -> presence
};

/// A copy of another replica's slice. See merge.hpp for how it changes.
struct remote_slice : slice {
  clock_value prefix = 0; ///< everything the owner did up to here is known
  interval_set beyond;    ///< further clocks known; begins past prefix + 1
  /// How far the answer whose parts are being merged has been followed.
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
  std::uint64_t forgotten = 0; ///< how often that happened
  /// What readers are to see of it. While a sweep is under way presences may
  /// still be on the other side; what is born meanwhile follows this.
  bool shown = true;
  /// What those who leave while it is hidden or given up leave for.
  leave_reason why_hidden = leave_reason::node_down;

  bool knows(clock_value c) const noexcept { return c <= prefix || beyond.contains(c); }

  /// (a, b] is known from now on.
  void learn(clock_value a, clock_value b);
  /// And all of those past the prefix, which ascend.
  void learn_dead(const std::vector<dot>&);
  /// Nothing is known any more. What lives stays shown until the owner, who is
  /// asked for all of it, names it or does not.
  void forget();
  /// It lives here, and the owner has not said so since `forget`.
  bool doubted(dot d) const noexcept { return d <= doubtful && !knows(d); }

  /// Intervals past the prefix if that range were learnt.
  std::size_t intervals_after(const range&) const;
};

} // namespace rollcall::crdt
