// Merges a delta into a copy of another replica's slice.
//
// A range (a, b] says all that happened in it:
//   1. every presence here dies that is in (a, b] and not in its adds, or is in
//      `dead`;
//   2. every add whose dot is not known is born;
//   3. (a, b] and the dead become known. (A dot that is dead before its birth was
//      received may count as known: its birth is not needed any more.)
//
// A part (x, y] says which of its dots live, for a copy whose prefix is a. It is
// applied only if our prefix is at least a, and only as the first of its answer or
// right after the part applied last: this order makes the prefix that it claims
// true.
//   1. every presence here dies that is in (x, y] and not named;
//   2. every add whose dot is not known is born;
//   3. everything up to y is known.
//
// In both, a (topic, key, actor) lives at most once in a slice. Its leave may be
// in a gap of ours when its next join arrives: then the newer dot ends the older, a
// leave and a join in one diff. The older one may also arrive last, in a delta that
// was cut before its end: it is dead, and is not born beside the newer one.
//
// All look-ups come before all changes, so a delta that would break a bound has no
// effect: half a delta would not be sound.
//
// A part by which very many presences die is merged in pieces, each up to some dot,
// so that no step is long. Each piece is as good as a part that ends there.
//
// A relay's part counts up to the clock that the owner announced to us, and marks
// the copy as hearsay: a relay may withhold, and name what the owner never had.
// When the owner's answer to a pull for all of it comes, the copy forgets what it
// knew and keeps what it shows; then each presence that the owner names is
// confirmed, or put right, and each that it does not name dies.
//
// Complexity: the dead are found by walking the dots of this slice in (a, b], each of
// which is an add or dies; so O(adds + dead), and for a part O(what it names),
// whatever else is held: long runs of numbers are stepped over. `steps` counts it.
#pragma once

#include "crdt/slice.hpp"
#include "rollcall/options.hpp"

#include <cstdint>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall::crdt {

struct change;
using changes = std::vector<change>;

class view;

class merger {
public:
  merger(presence_table& table, view& showing, const limits& lim)
      : table_(table), showing_(showing), limits_(lim) {}

  /// Returns true if it was applied: see store::merge.
  bool merge(remote_slice&, const range&, const source&, changes& out);
  /// Merges a part until `most` presences have died. It is merged up to `done`; if that is
  /// below `end`, the next call continues there.
  bool merge(remote_slice&, const part&, const source&, std::size_t most, clock_value& done,
             changes& out);
  /// Number of presences that the last applied delta ended.
  std::size_t gone() const noexcept { return gone_.size(); }
  /// The name of the limit that the last delta exceeded; else empty.
  std::string_view limit() const noexcept { return limit_; }
  /// The number of dots, births and intervals that all merges so far have visited or moved,
  /// without presences that died, which were counted when they joined.
  std::uint64_t steps() const noexcept { return steps_; }

private:
  void find_born(const remote_slice&, const std::vector<birth>& adds, clock_value x, clock_value y);
  void find_updated(const remote_slice&);
  std::string_view limit_for(const remote_slice&) const noexcept;
  void apply(remote_slice&, changes& out);
  /// `taken`: it updates a presence that was taken over.
  void begin(remote_slice&, const birth&, bool taken, changes& out);

  presence_table& table_;
  view& showing_;
  const limits& limits_;
  // Effects of the current delta; kept between calls to reuse their memory.
  std::vector<std::pair<dot, handle>> gone_; ///< ascending
  std::vector<leave_reason> why_;  ///< for the first ones of `gone_`; the rest is untracked
  std::vector<const birth*> born_; ///< ascending
  std::vector<std::pair<const birth*, bool>> twins_; ///< true if the other one was taken over
  std::vector<handle> left_out_;
  std::string_view limit_;
  bool owner_ = true; ///< the current delta comes from the owner
  std::uint64_t steps_ = 0;
};

} // namespace rollcall::crdt
