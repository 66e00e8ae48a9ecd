// The one merge: a delta into a copy of somebody else's slice.
//
// A range (a, b] tells all that happened in it:
//   1. every presence here dies that is in (a, b] and not among its adds, or
//      that it calls dead;
//   2. every add whose dot is not known is born;
//   3. (a, b] and the dead become known. (A dot that is called dead before its
//      birth was heard of may count as known, for it never needs to be heard.)
//
// A part (x, y] tells which dots of it live, to somebody who has everything up
// to a. It counts only here if we have that too, and only as the first of its
// answer or next to the one applied last: its order is what makes the prefix
// that it claims true.
//   1. every presence here dies that is in (x, y] and not named;
//   2. every add whose dot is not known is born;
//   3. everything up to y is known.
//
// In both, a (topic, key, actor) lives at most once in a slice. Its leave may
// be in a gap of ours when its next join comes: then the newer dot ends the
// older, a leave and a join in one diff. And the older may come last, in a
// delta that was cut before its end: it is dead, and not born beside the newer.
//
// Everything is looked up before anything is changed, so a delta that would
// break a bound leaves no trace: half a delta would not be sound.
//
// A part of which very many die is merged in pieces, each up to some dot: so no
// step is long, whatever died while the log was cut. Each piece is as good as a
// part that ends there.
//
// A relay's part counts up to the clock that the owner announced to us, and marks
// the copy as hearsay: a relay may withhold, and name what the owner never had.
// When the owner's answer to a pull for all of it comes, the copy forgets what it
// knew and keeps what it shows; then each presence that the owner names is
// confirmed, or put right, and each that it does not name dies.
//
// Cost: the dead are found by walking the dots of this slice in (a, b], each of
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

class merger {
public:
  merger(presence_table& table, const limits& lim) : table_(table), limits_(lim) {}

  /// True when it was applied: see store::merge.
  bool merge(remote_slice&, const range&, const source&, changes& out);
  /// Of a part, until `most` have died: it is done up to `done`, where the next
  /// call goes on, if that is below `end`.
  bool merge(remote_slice&, const part&, const source&, std::size_t most, clock_value& done,
             changes& out);
  /// How many the last one, if it was applied, took away.
  std::size_t gone() const noexcept { return gone_.size(); }
  /// The name of the limit that kept the last one out; empty: none did.
  std::string_view limit() const noexcept { return limit_; }
  /// Dots, births and intervals that all merges so far have looked at or moved;
  /// those that died are not counted, since each was counted when it came.
  std::uint64_t steps() const noexcept { return steps_; }

private:
  void find_born(const remote_slice&, const std::vector<birth>& adds, clock_value x, clock_value y);
  void find_updated(const remote_slice&);
  std::string_view limit_for(const remote_slice&) const noexcept;
  void apply(remote_slice&, changes& out);
  void begin(remote_slice&, const birth&, changes& out);

  presence_table& table_;
  const limits& limits_;
  // What the delta at hand does; kept between calls for their memory.
  std::vector<std::pair<dot, handle>> gone_; ///< ascending
  std::vector<leave_reason> why_;            ///< of those in front of `gone_`; else untracked
  std::vector<const birth*> born_;           ///< ascending
  std::vector<const birth*> twins_;
  std::vector<handle> left_out_;
  std::string_view limit_;
  std::uint64_t steps_ = 0;
};

} // namespace rollcall::crdt
