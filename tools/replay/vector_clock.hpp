// The vector clocks of Phoenix.Tracker, for the replay of its recordings. Shards do
// not use them: cluster/gossip/pulls.hpp chooses whom to pull from.
//
// A vector clock (Fidge 1988, Mattern 1989) says how far somebody has got with
// each replica. Every heartbeat carries its sender's. Of those heard within a
// few periods only some are worth keeping: a clock that another one dominates
// promises nothing that the other would not answer too. `append_clock` keeps
// such a list minimal, so that its owners are the peers to pull from.
//
//     vector_clock mine{{a, 3}, {b, 1}}, theirs{{a, 2}, {b, 4}};
//     dominates(mine, theirs);              // false: b
//     upperbound(mine, theirs);             // {a: 3, b: 4}
//     auto heard = append_clock({}, {"n2", theirs});
//
// The functions are those of Phoenix.Tracker.Clock, value for value (the
// recorded ones are replayed by test/conformance), corners and order of lists
// included: what looks odd below is so there, and is told.
//
// Threads: values and pure functions.
#pragma once

#include "crdt/delta.hpp"
#include "rollcall/presence.hpp"

#include <map>
#include <utility>
#include <vector>

namespace rollcall::crdt {

/// Replica -> how far it is known. A replica that is not named counts as 0, but
/// to name it is not the same as not to: see `dominates`.
using vector_clock = std::map<replica_id, clock_value>;

/// A clock and whose it is.
using owned_clock = std::pair<replica_id, vector_clock>;

/// Clocks of which none dominates another, the latest first. One owner may be
/// in it more than once.
using clockset = std::vector<owned_clock>;

/// True if `x` has got at least as far as `y` with every replica that `y`
/// names. A clock that names fewer replicas than another dominates it never,
/// even where those that it lacks stand at 0. Equal clocks dominate each other.
bool dominates(const vector_clock& x, const vector_clock& y);

/// True if `x` has got at least as far as `y` with every replica that *x*
/// names; what only `y` names does not count. The empty clock is at least as
/// far as the empty clock, and as no other.
bool dominates_or_equal(const vector_clock& x, const vector_clock& y);

/// The later value of each replica that either names.
vector_clock upperbound(const vector_clock& x, const vector_clock& y);

/// The earlier value of each replica that both name, and the only value of
/// those that one names: absence is no 0 here.
vector_clock lowerbound(const vector_clock& x, const vector_clock& y);

/// The part of `x` that speaks of `keep`.
vector_clock filter_replicas(const vector_clock& x, const std::vector<replica_id>& keep);

/// Whom `x` names, ascending.
std::vector<replica_id> replicas(const vector_clock& x);

/// Takes one more clock into the set:
///  - an empty clock, and one that all of the set together dominates, changes
///    nothing;
///  - one that dominates all of the set together takes its place;
///  - else those go that it dominates, the rest turns its order around, and it
///    stands in front.
clockset append_clock(clockset set, owned_clock next);

/// The owners, in the order of the set, each as often as it stands there.
std::vector<replica_id> clockset_replicas(const clockset& set);

} // namespace rollcall::crdt
