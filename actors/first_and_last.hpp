// Computes `join::first` and `leave::last`.
//
// The table has all changes of a step, while a step may be told in several diffs. This
// class is given the changes of all diffs first, and subtracts those that are not told
// yet, so the counts between two diffs need not be stored.
//
//     counts.expect(table, changes);      // for each diff of the step
//     counts.passed(table, changes);      // for the diff to be told now
//     counts.fill_in(table, diff);
//
// Complexity: two searches in the topic for each key of a diff.
// Thread-safety: none; the writer's thread.
#pragma once

#include "crdt/store.hpp"
#include "crdt/table/presence_table.hpp"
#include "rollcall/presence.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <unordered_map>

namespace rollcall::actors {

class first_and_last {
public:
  void expect(const crdt::presence_table&, const crdt::changes&);
  void passed(const crdt::presence_table&, const crdt::changes&);
  void fill_in(const crdt::presence_table&, diff&) const;
  /// All expected changes have passed.
  void clear() noexcept { coming_.clear(); }

private:
  void add(const crdt::presence_table&, const crdt::changes&, std::int64_t sign);

  std::unordered_map<std::string, std::int64_t> coming_; ///< joins less leaves, by topic and key
};

} // namespace rollcall::actors
