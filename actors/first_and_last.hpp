// Says of each join whether it is the first of its key in the topic, and of each
// leave whether it was the last.
//
// A table shows all that a step did, while a step may be told in several diffs, one
// after the other. So it is told of all that is still to come, and takes that off
// again: what the table showed between two diffs is known without having been kept.
//
//     counts.expect(table, changes);      // of each diff to come
//     counts.passed(table, changes);      // of the one to be told now
//     counts.fill_in(table, diff);
//
// Cost: two searches in the topic for each key of a diff.
// Threads: one at a time, the writer's of the table.
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
  /// What was expected has all passed.
  void clear() noexcept { coming_.clear(); }

private:
  void add(const crdt::presence_table&, const crdt::changes&, std::int64_t sign);

  std::unordered_map<std::string, std::int64_t> coming_; ///< joins less leaves, by topic and key
};

} // namespace rollcall::actors
