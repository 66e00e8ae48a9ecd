// Long work on whole slices, in short pieces: to hide one, show it, give it up.
//
// A replica that goes down may take a million presences with it. To report
// them at once would stop the shard for as long, so `set_visible` and `drop`
// only mark the slice, and pieces of the work are done when there is time:
//
//   hide, show  A cursor goes over the dots; each presence whose visibility
//       differs from what the slice is to be changes it, and that is a leave or
//       a join. What is merged meanwhile is born as the slice is to be, so the
//       cursor finds nothing to do at it. If the slice is to be the other way
//       again before the end, the cursor starts anew.
//   give up     The slice is nobody's copy any more, so nothing is merged into
//       it; its presences go from the highest dot down.
//
// So after every piece what readers see equals the sum of what was reported.
// Slices take turns, a piece each.
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

  /// `shown` of that slice has changed.
  void turn(remote_slice&);
  void give_up(std::unique_ptr<remote_slice>);

  bool idle() const noexcept { return jobs_.empty(); }
  bool giving_up(const replica_id&) const;
  bool giving_up(std::string_view name) const;
  std::size_t given_up() const; ///< slices not yet gone

  /// Looks at no more than `max` presences (but at one). See store::sweep.
  bool step(std::size_t max, replica_id& whose, changes& out);

private:
  struct job {
    remote_slice* what = nullptr;
    std::unique_ptr<remote_slice> owned; ///< when it is given up
    dot cursor = 0;                      ///< else: done up to here
  };
  bool work(job&, std::size_t& budget, changes& out); ///< true: finished
  void carry_out();

  presence_table& table_;
  view& showing_;
  std::deque<job> jobs_;
};

} // namespace rollcall::crdt
