// The slice that this replica writes.
//
// A join and a leave take the next clock each. An update is both: its leave
// takes n, its join n + 1, and no delta ever ends between the two. The removal
// log keeps the last leaves, so that a peer can be told in O(changes) what died since
// its clock.
//
// Thread-safety: writer only. Errors: as in store.hpp; nothing changes on error.
#pragma once

#include "crdt/removal_log.hpp"
#include "crdt/slice.hpp"
#include "crdt/table/presence_table.hpp"
#include "rollcall/errc.hpp"
#include "rollcall/options.hpp"

#include <string_view>
#include <vector>

namespace rollcall::crdt {

struct change;
using changes = std::vector<change>;

class view;

class own_slice : public slice {
public:
  own_slice(replica_id self, presence_table&, view&, const limits&);

  clock_value clock() const noexcept { return clock_; }
  const removal_log& log() const noexcept { return log_; }

  /// Adds a presence. Sets the dot of `b`, and keeps its ref if it has one.
  errc join(birth b, changes& out);
  errc update(std::string_view topic, std::string_view key, std::uint64_t actor,
              std::string_view meta, changes& out);
  errc untrack(std::string_view topic, std::string_view key, std::uint64_t actor, leave_reason,
               changes& out);
  bool untrack_all(std::uint64_t actor, std::size_t max, leave_reason, changes& out);
  void untrack_any(std::size_t max, leave_reason, changes& out, std::vector<std::uint64_t>& actors);
  void rebirth(replica_id next, changes& leaves, changes& joins);

private:
  bool has_share(std::size_t cost) const noexcept; ///< one more fits max_*_per_replica
  bool add(birth b, bool taken, changes& out);     ///< returns false if it exists
  void leave(handle h, leave_reason, changes& out);
  void note_leave(handle h, leave_reason, changes& out); ///< everything but the change of the table

  presence_table& table_;
  view& showing_;
  const limits& limits_;
  clock_value clock_ = 0;
  removal_log log_;
};

} // namespace rollcall::crdt
