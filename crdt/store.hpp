// The replicated state of one shard: one slice per replica, each with a single
// writer, and the merge.
//
// Every presence is added, updated and removed by its own replica and by no
// other. So the state is no general OR-Set (Bieniusa et al., "An optimized
// conflict-free replicated set", 2012), whose concurrent writers must be
// reconciled: it is one slice per replica, a delta-state CRDT (Almeida, Shoker,
// Baquero, "Delta state replicated data types", 2018) in which merging never
// meets a write conflict.
//
// What holds for every copy of a slice at every moment:
//   sound     what a copy knows and does not hold alive is dead at its owner;
//   complete  what lives at or below a copy's prefix c was alive at the
//             owner's clock c.
// Hence equal clocks mean equal state, whatever was lost, doubled, late or
// relayed.
//
// Cost: a range costs O(adds + dead), a part O(what it speaks of): the dead are
// found by their dots, never by a walk over the table.
//
// Threads: one writer. Readers use `table()`.
#pragma once

#include "crdt/delta.hpp"
#include "crdt/table/presence_table.hpp"
#include "rollcall/options.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace rollcall::crdt {

struct slice; // slice.hpp

/// One thing that became visible or ceased to be, and why it did. The handle stays readable
/// (`table().view`) through the next `publish`, until the one after it: so what
/// a step did is published first and reported then.
struct change {
  handle what = 0;
  bool join = false;
  leave_reason why = leave_reason::untracked; ///< of a leave
  friend bool operator==(const change&, const change&) = default;
};
using changes = std::vector<change>;

/// An answer to a pull under way: cut piece by piece, so that no step is long
/// and nothing but a cursor is kept. See store::begin_answer.
struct extraction {
  replica_id slice;
  clock_value a = 0;      ///< what the one who asks has
  clock_value b = 0;      ///< where the answer ends
  clock_value cursor = 0; ///< parts: dots up to here are told; ranges: clocks
  bool by_log = false;    ///< ranges, out of the removal log; else parts
};

class store {
public:
  store(replica_id self, const limits&);
  ~store();
  store(store&&) noexcept;
  store& operator=(store&&) noexcept;

  // -- the own slice -------------------------------------------------------
  const replica_id& self() const noexcept;
  clock_value clock() const noexcept; ///< of the own slice
  /// Each of these takes the next clock(s), and appends what it did to `out`.
  /// errc: already_tracked, nopresence, limit_reached (nothing changed).
  errc track(std::string_view topic, std::string_view key, std::uint64_t actor,
             std::string_view meta, changes& out);
  errc update(std::string_view topic, std::string_view key, std::uint64_t actor,
              std::string_view meta, changes& out);
  /// As track, but the presence keeps the ref (and prev_ref) of an earlier life.
  errc restore(const birth&, changes& out);
  errc untrack(std::string_view topic, std::string_view key, std::uint64_t actor, changes& out,
               leave_reason = leave_reason::untracked);
  /// At most `max` of that actor's presences; true when none are left.
  bool untrack_all(std::uint64_t actor, std::size_t max, changes& out,
                   leave_reason = leave_reason::untracked);
  /// A new life: the own slice is empty again under `next`, and its presences
  /// are born anew with their refs. `leaves` of the old, `joins` of the new.
  void rebirth(replica_id next, changes& leaves, changes& joins);

  // -- slices of others ----------------------------------------------------
  bool holds(const replica_id&) const;
  std::size_t slices_held() const noexcept; ///< of others
  bool full(std::string_view topic) const;  ///< max_presences, or max_presences_per_topic there
  /// Empty and visible. False: held already, or still being swept away after
  /// `drop`, or limits::max_replicas are held.
  bool open(const replica_id&);
  clock_value prefix(const replica_id&) const; ///< 0 when not held
  bool gap_beyond(const replica_id&) const;    ///< something is known past the prefix

  struct merged {
    /// False: not held (our own never is), ill-formed, over a bound
    /// (max_presences, max_beyond), or a part out of its turn. Nothing changed.
    bool applied = false;
    bool moved = false;          ///< the prefix grew
    bool more = false;           ///< only a piece of it was applied
    std::size_t gone = 0;        ///< how many presences it ended
    std::string_view limit = {}; ///< the name of the limit that kept it out, if one of room did
  };
  merged merge(const delta&, changes& out);
  /// The same, but of a part only until `most` presences (or 1) have died. `done`
  /// is 0 at first; the same call goes on while there is `more`. What comes in
  /// between is merged as it comes between two parts of an answer.
  merged merge(const delta&, std::size_t most, clock_value& done, changes& out,
               const source& from = {});
  /// What a relay said is in it: its owner is to be asked for all of it.
  bool hearsay(const replica_id&) const;
  std::uint64_t merge_steps() const noexcept; ///< see merger::steps

  /// Whether the slice is to be shown. Carried out by `sweep`, in pieces. What is
  /// hidden leaves for that reason.
  void set_visible(const replica_id&, bool, leave_reason = leave_reason::node_down);
  /// Gives the slice up: no longer held; its presences go by `sweep`, and leave
  /// for that reason.
  void drop(const replica_id&, leave_reason = leave_reason::node_down);
  bool dropping(std::string_view name) const; ///< a slice of that name is being swept away
  /// One piece of the work that set_visible and drop left: at most `max`
  /// presences (or 1) of one slice, whose name goes to `whose`. False when there
  /// was nothing to do, and then nothing is in `out`:
  ///     while (s.sweep(max, whose, out)) report(whose, std::exchange(out, {}));
  bool sweep(std::size_t max, replica_id& whose, changes& out);
  bool sweeping() const noexcept;

  // -- deltas for others ---------------------------------------------------
  /// What is new in a slice after the clock a. Of the own slice, while the
  /// removal log reaches back to a: ranges; else parts. Also cuts the open
  /// delta, with a = what was flushed last.
  extraction begin_answer(const replica_id& slice, clock_value a) const;
  /// The piece from `e.cursor` on, which moves; the last one reaches e.b.
  /// Each piece shows the slice as it is when that piece is cut (see cut.hpp for
  /// why that will do). Births at most `max_presences`, bytes by estimate; dots
  /// told by number count less. One presence always fits.
  /// nullopt: it is done, or can not go on (the log was cut meanwhile, the slice
  /// is gone): start anew.
  std::optional<delta> next_piece(extraction& e, const answer_id&, std::size_t max_presences,
                                  std::size_t max_bytes) const;
  bool done(const extraction& e) const noexcept { return e.cursor >= e.b; }

  // -- all -----------------------------------------------------------------
  /// Shows readers what changed. Call once per step, before it is reported.
  void publish();
  presence_table& table() noexcept;
  const presence_table& table() const noexcept;
  const std::shared_ptr<presence_table>& shared_table() const noexcept;
  std::size_t removal_log_size() const noexcept;
  std::vector<replica_id> slices() const; ///< of others, held; in order
  /// For looking inside (tests, simulation): the own slice, or a copy held.
  const slice* find(const replica_id&) const;
  /// Whether a slice knows that clock: what it knows and does not hold is dead.
  bool knows(const replica_id&, clock_value) const;

private:
  struct parts;
  std::unique_ptr<parts> p_;
};

} // namespace rollcall::crdt
