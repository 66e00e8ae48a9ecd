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
// Invariants of every copy of a slice:
//   sound     what a copy knows and does not hold alive is dead at its owner;
//   complete  what lives at or below a copy's prefix c was alive at the
//             owner's clock c.
// Hence equal clocks mean equal state, whatever was lost, duplicated, late or
// relayed.
//
// Complexity: a range costs O(adds + dead), a part O(what it names): the dead are
// found by their dots, never by a walk over the table.
//
// Thread-safety: one writer. Readers use `table()`.
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

/// A presence that became visible or ceased to be, and why. The handle stays readable
/// (`table().view`) until the second `publish` from now, so that a step is published
/// first and reported then.
struct change {
  handle what = 0;
  bool join = false;
  leave_reason why = leave_reason::untracked; ///< of a leave
  /// Of the own slice only: false if nobody is to hear of it, since another
  /// presence took its place (view.hpp).
  bool seen = true;
  friend bool operator==(const change&, const change&) = default;
};
using changes = std::vector<change>;

/// Cursor of an answer to a pull, which is cut piece by piece so that no step is
/// long. See store::begin_answer.
struct extraction {
  replica_id slice;
  clock_value a = 0;      ///< the prefix of the receiver
  clock_value b = 0;      ///< where the answer ends
  clock_value cursor = 0; ///< done up to here: a dot for parts, a clock for ranges
  bool by_log = false;    ///< ranges from the removal log; else parts
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
  /// Each of these takes the next clock(s), and appends its changes to `out`.
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
  /// At most `max` presences of the own slice, the oldest first; and whose they
  /// were, in order, each once.
  void untrack_any(std::size_t max, leave_reason, changes& out, std::vector<std::uint64_t>& actors);
  /// A new life: the own slice is empty again under `next`, and its presences
  /// are born anew with their refs. `leaves` of the old, `joins` of the new.
  void rebirth(replica_id next, changes& leaves, changes& joins);

  // -- slices of others ----------------------------------------------------
  bool holds(const replica_id&) const;
  std::size_t slices_held() const noexcept; ///< of others
  bool full(std::string_view topic) const;  ///< max_presences, or max_presences_per_topic there
  /// Opens an empty, visible slice. Returns false if it is held already, or still
  /// being swept after `drop`, or if limits::max_replicas are held.
  bool open(const replica_id&);
  clock_value prefix(const replica_id&) const; ///< 0 when not held
  bool gap_beyond(const replica_id&) const;    ///< something is known past the prefix

  struct merged {
    /// False: not held (the own slice never is), ill-formed, over a bound
    /// (max_presences, max_beyond), or a part out of order. Nothing changed then.
    bool applied = false;
    bool moved = false;          ///< the prefix grew
    bool more = false;           ///< only a piece of it was applied
    std::size_t gone = 0;        ///< how many presences it ended
    std::string_view limit = {}; ///< the name of the limit that kept it out, if one of room did
  };
  merged merge(const delta&, changes& out);
  /// The same, but stops a part when `most` presences (at least 1) have died. `done`
  /// is 0 at first; repeat the call while there is `more`. Other deltas may be
  /// merged in between, as between two parts of an answer.
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
  /// Whether the slice, or the own one, is leaving: its presences may be taken
  /// over (view.hpp). When it is not any more, what was taken over is shown again,
  /// by `sweep`; not of the own slice, which never comes back.
  void set_leaving(const replica_id&, bool);
  bool leaving(const replica_id&) const;
  bool shown(const replica_id&) const; ///< held, and readers are to see it
  /// Nobody's copy any more, like one that is dropped: but it is leaving, and shown
  /// until it is dropped. The caller bounds how many there are.
  void linger(const replica_id&);
  std::size_t lingering() const noexcept;
  bool dropping(std::string_view name) const; ///< a slice of that name is being swept away
  /// Does one piece of the work of set_visible and drop: at most `max` presences (at
  /// least 1) of one slice, whose replica is stored in `whose`. Returns false, with
  /// `out` empty, if there was nothing to do:
  ///     while (s.sweep(max, whose, out)) report(whose, std::exchange(out, {}));
  bool sweep(std::size_t max, replica_id& whose, changes& out);
  bool sweeping() const noexcept;

  // -- deltas for others ---------------------------------------------------
  /// Begins an answer for a copy with prefix a: ranges for the own slice while the
  /// removal log reaches back to a, parts otherwise. The open delta is cut this way
  /// as well, with a = the clock flushed last.
  extraction begin_answer(const replica_id& slice, clock_value a) const;
  /// Cuts the piece from `e.cursor` on, and moves the cursor; the last one reaches
  /// e.b. Each piece shows the slice as it is when it is cut (cut.hpp says why that
  /// is enough). At most `max_presences` births; bytes are estimated; dots named by
  /// number count less. One presence always fits.
  /// Returns nullopt if it is done, or cannot continue (the log was cut, the slice is
  /// gone): begin anew.
  std::optional<delta> next_piece(extraction& e, const answer_id&, std::size_t max_presences,
                                  std::size_t max_bytes) const;
  bool done(const extraction& e) const noexcept { return e.cursor >= e.b; }

  // -- the audit (audit.hpp) -----------------------------------------------
  /// Sum over the own slice, or over a copy that is held; 0 otherwise.
  std::uint64_t audit_sum(const replica_id&) const;
  /// True if a copy shows just what lived at its owner's clock. One that was pulled
  /// may lack what died since, until it hears of that.
  bool is_exact(const replica_id&, clock_value) const;
  /// Takes the sums of copies anew from memory, at most `max` presences per call,
  /// one copy after the other.
  void scrub(std::size_t max);
  /// Forgets which clocks of a copy are known, and keeps its presences: what is
  /// pulled next replaces those that are wrong, and no others.
  void distrust(const replica_id&);
  /// For tests: flips a bit of the meta of a presence that is a copy. False if
  /// there is none under that topic and key.
  bool flip_a_bit(std::string_view topic, std::string_view key);

  // -- all -----------------------------------------------------------------
  /// Makes the changes visible to readers. Call once per step, before it is reported.
  void publish();
  presence_table& table() noexcept;
  const presence_table& table() const noexcept;
  const std::shared_ptr<presence_table>& shared_table() const noexcept;
  std::size_t removal_log_size() const noexcept;
  std::vector<replica_id> slices() const; ///< of others, held; in order
  /// For tests and the simulation: the own slice, or a copy that is held.
  const slice* find(const replica_id&) const;
  /// True if a slice knows that clock: a known clock without a presence is dead.
  bool knows(const replica_id&, clock_value) const;

private:
  struct parts;
  std::unique_ptr<parts> p_;
};

} // namespace rollcall::crdt
