// The last leaves of the own slice, with their clocks.
//
// By it the owner can say in O(changes) what died after a peer's clock. It is
// bounded: when it is full, the oldest entry is evicted, and `floor` is the clock
// from which on the log is complete.
#pragma once

#include "crdt/delta.hpp"

#include <cstddef>
#include <deque>

namespace rollcall::crdt {

class removal_log {
public:
  struct entry {
    clock_value at; ///< the clock of the leave
    dot what;       ///< the presence that left
    leave_reason why;

    /// Then its join is at + 1: the two are never cut apart.
    bool of_update() const noexcept { return why == leave_reason::updated; }
  };
  using const_iterator = std::deque<entry>::const_iterator;

  explicit removal_log(std::size_t max) : max_(max) {}

  void push(const entry&);

  /// Invariant: every leave after this clock is in the log.
  clock_value floor() const noexcept { return floor_; }
  bool reaches_back_to(clock_value a) const noexcept { return a >= floor_; }
  /// Position of the first leave after the clock a. O(log n).
  const_iterator after(clock_value a) const;
  const_iterator end() const noexcept { return entries_.end(); }

  std::size_t size() const noexcept { return entries_.size(); }
  void clear() noexcept {
    entries_.clear();
    floor_ = 0;
  }

private:
  std::size_t max_;
  clock_value floor_ = 0;
  std::deque<entry> entries_;
};

} // namespace rollcall::crdt
