// Hides, shows and drops whole slices in short pieces.
//
// A replica that goes down may have a million presences. Reporting them at once
// would block the shard for as long, so `set_visible` and `drop` only mark the slice,
// and the work is done in pieces:
//
//   hide, show  A cursor walks the dots. Each presence whose visibility differs
//       from that of the slice changes it, which is a leave or a join. Births that
//       are merged meanwhile already have the visibility of the slice. If that is
//       switched back before the end, the cursor starts anew.
//   drop        The slice is no longer held, so nothing is merged into it; its
//       presences are removed from the highest dot down.
//
// Invariant: after every piece, what readers see equals the sum of what was
// reported. Slices take turns, one piece each.
#pragma once

#include "crdt/slice.hpp"

#include <cstddef>
#include <deque>
#include <memory>
#include <string_view>
#include <vector>

namespace rollcall::crdt {

struct change;
using changes = std::vector<change>;

class view;

class sweeper {
public:
  sweeper(presence_table& table, view& showing) : table_(table), showing_(showing) {}

  /// Tells that `shown` of that slice has changed.
  void turn(remote_slice&);
  void give_up(std::unique_ptr<remote_slice>);

  bool idle() const noexcept { return jobs_.empty(); }
  bool giving_up(const replica_id&) const;
  bool giving_up(std::string_view name) const;
  std::size_t given_up() const; ///< slices not yet gone

  /// Visits at most `max` presences, and at least one. See store::sweep.
  bool step(std::size_t max, replica_id& whose, changes& out);

private:
  struct job {
    remote_slice* what = nullptr;
    std::unique_ptr<remote_slice> owned; ///< when it is given up
    dot cursor = 0;                      ///< else: done up to here
  };
  bool work(job&, std::size_t& budget, changes& out); ///< returns true when finished
  void carry_out();

  presence_table& table_;
  view& showing_;
  std::deque<job> jobs_;
};

} // namespace rollcall::crdt
