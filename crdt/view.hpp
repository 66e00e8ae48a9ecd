// What readers are shown of a key that moves from one slice to another.
//
// A slice is *leaving* from the moment when its owner says that it is going (a
// drain), its link is lost, or its owner has started again, until its lease is
// over, or its link is back. While it is leaving:
//
//   - a join of another slice takes over one presence of the same topic and key
//     that a leaving slice shows: that one is hidden, and both are reported
//     together, as a leave (`moved`) and a join. So the key is at no moment absent;
//   - one join takes over one presence; an update takes over none, and no presence
//     that was there before the slice began to leave does;
//   - what updates a presence that was taken over is not shown either.
//
// When the slice stays after all, what was taken over is shown again. When its
// lease is over, the rest of it leaves.
//
// It is a rule of what is shown: no slice is written to, so nodes that see the
// same joins in another order still hold the same slices, and once no slice is
// leaving they show the same.
//
// Cost: nothing while no slice is leaving; else O(leaving slices * log n) a join.
//
// Threads: the writer's.
#pragma once

#include "crdt/slice.hpp"

#include <string_view>
#include <vector>

namespace rollcall::crdt {

struct change;
using changes = std::vector<change>;

class view {
public:
  explicit view(presence_table& table) : table_(table) {}

  /// Idempotent. The slice must `end` before it is destroyed.
  void begin_leaving(slice&);
  void end_leaving(slice&);
  bool any_leaving() const noexcept { return !leaving_.empty(); }

  /// Whether a birth in that slice is a join that may take over: any slice is
  /// leaving, and the slice does not hold its identity. Look before it is inserted.
  bool may_take_over(const slice& of, const birth&) const;
  /// Hides what a join of that slice takes over, if there is anything, and reports
  /// its leave.
  void take_over(const slice& joined, std::string_view topic, std::string_view key, changes& out);

private:
  presence_table& table_;
  std::vector<slice*> leaving_; ///< by number in the table
};

} // namespace rollcall::crdt
