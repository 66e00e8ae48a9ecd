// What we track in one shard of Phoenix: the slice of our own replica. Pure.
//
// Joins and leaves take the next clock each, an update takes two, the leave first:
// 1, 2, 3 ... A clock names a join and is never used again in this life. Deltas are
// contiguous: each begins where the one before ended.
#pragma once

#include "phoenix/message.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace rollcall::phoenix {

class own_slice {
public:
  /// The same `id` again is an update. Requires that the pid, topic and key of an id
  /// never change.
  void put(const std::string& id, term pid, term topic, term key, term meta);
  /// Idempotent.
  void remove(const std::string& id);

  bool has_delta() const noexcept { return clock_ != flushed_; }
  /// Closes the open delta.
  own_part take_delta();
  /// All that is present. The open delta stays open.
  own_part full() const;
  std::uint64_t clock() const noexcept { return clock_; }
  /// The clock that the last delta ended at.
  std::uint64_t flushed() const noexcept { return flushed_; }
  std::size_t size() const noexcept { return by_id_.size(); }

private:
  std::uint64_t clock_ = 0, flushed_ = 0;
  std::map<std::string, std::uint64_t> by_id_;
  std::map<std::uint64_t, tracked> live_;
  std::vector<std::uint64_t> ended_; ///< clocks <= flushed_ of joins that ended since
};

} // namespace rollcall::phoenix
