// A set of clocks, stored as disjoint intervals.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

namespace rollcall::crdt {

/// Ascending, disjoint, never touching half-open intervals (first, last]: in
/// the manner of the ranges of a delta, `(a, b]` holds a+1 ... b. Small sets in
/// one vector: what is known past a gap is bounded (`limits::max_beyond`).
class interval_set {
public:
  struct interval {
    std::uint64_t a = 0; ///< not in the set
    std::uint64_t b = 0; ///< in the set
    friend bool operator==(const interval&, const interval&) = default;
  };

  void insert(std::uint64_t a, std::uint64_t b); ///< adds (a, b]; no effect if a >= b
  void insert(std::uint64_t x) { insert(x - 1, x); }
  /// Adds all of xs, which ascend. O(intervals + xs), while one by one each could
  /// move all that is behind it.
  void insert_all(const std::uint64_t* first, const std::uint64_t* last);
  /// How many intervals there would be with (a, b], a < b, in it. O(log intervals).
  std::size_t intervals_with(std::uint64_t a, std::uint64_t b) const noexcept;
  /// Appends x. Requires that x is greater than every element. O(1).
  void push_back(std::uint64_t x);
  /// Removes every element <= x.
  void erase_up_to(std::uint64_t x);
  bool contains(std::uint64_t x) const noexcept;
  /// The greatest b with (x, b] in the set; x when x+1 is not in it.
  std::uint64_t run_after(std::uint64_t x) const noexcept;

  bool empty() const noexcept { return runs_.empty(); }
  std::size_t intervals() const noexcept { return runs_.size(); }
  std::uint64_t count() const noexcept; ///< how many clocks
  std::uint64_t last() const noexcept { return runs_.empty() ? 0 : runs_.back().b; }
  void clear() noexcept { runs_.clear(); }
  const std::vector<interval>& runs() const noexcept { return runs_; }

  friend bool operator==(const interval_set&, const interval_set&) = default;

private:
  std::vector<interval> runs_;
};

} // namespace rollcall::crdt
