// Maps the dots of one slice to its presences, in order.
//
// Live dots are dense where the slice grew recently, and sparse where it is old. So
// the index is a sorted list of leaves of two kinds, each over whole blocks of 4096
// dots:
//
//   dense    one block as an array of 4096 handles: a look-up is one access.
//   sparse   up to 1024 (dot, handle) in sorted order, over any number of
//            blocks: one survivor in every block costs 12 bytes, not 16 KiB.
//
// A full sparse leaf becomes dense if it lies within one block, and is split
// between two blocks otherwise. A dense leaf of fewer than 512 dots becomes sparse.
// Thin sparse neighbours are joined. So memory is O(live dots), whatever the clock,
// and the O(live / 512) leaves fit one sorted array.
//
// Complexity: find O(log leaves) and then one access, or a binary search; insert and
// erase the same, amortised (the latest dots come last: no shifting); walks in
// order O(what they pass).
//
// Thread-safety: none.
#pragma once

#include "crdt/delta.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace rollcall::crdt {

/// A presence in the table (presence_table.hpp). 0 names none.
using handle = std::uint32_t;

class dot_index {
public:
  handle find(dot d) const noexcept; ///< 0 if absent
  void insert(dot d, handle h);      ///< requires d > 0, absent, and h != 0
  handle erase(dot d);               ///< returns what was there, or 0

  // -- batches, ascending: cache misses overlap, and each leaf is changed once
  /// Calls f(dot, handle) for each of these dots that is present.
  template <class F>
  void find_all(const std::vector<dot>& dots, F&& f) const;
  /// Requires that all of them are present.
  void erase_all(const std::vector<std::pair<dot, handle>>&);

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  dot last() const noexcept; ///< the highest; 0: none
  std::size_t leaves() const noexcept { return leaves_.size(); }
  std::size_t memory_bytes() const noexcept;

  /// Calls f(dot, handle) for the dots in (x, y], ascending, until f returns
  /// false. Returns true if f never did. f must not change the index.
  template <class F>
  bool walk(dot x, dot y, F&& f) const;

  /// Removes at most n of the highest dots, descending, and calls f(dot, handle):
  /// drops a large slice piece by piece.
  template <class F>
  void take_back(std::size_t n, F&& f);

private:
  static constexpr unsigned block_bits = 12;
  static constexpr std::size_t block_size = std::size_t{1} << block_bits;
  static constexpr std::size_t max_sparse = 1024; ///< entries of a sparse leaf
  static constexpr std::size_t min_dense = 512;   ///< fewer: becomes sparse
  static constexpr std::size_t thin = 256;        ///< fewer: looks for a neighbour to join
  static constexpr std::size_t joined = 768;      ///< not more after joining

  struct leaf {
    std::uint64_t first;         ///< its first block; ends where the next leaf begins
    std::size_t used = 0;        ///< dots in it
    std::vector<dot> dots;       ///< sparse: ascending; empty in a dense one
    std::vector<handle> handles; ///< sparse: beside `dots`; dense: by dot, 0 is none
    bool dense() const noexcept { return handles.size() == block_size; }
  };
  static std::uint64_t block_of(dot d) noexcept { return d >> block_bits; }
  static std::size_t slot_of(dot d) noexcept { return d & (block_size - 1); }

  /// Counts the dots of a sparse leaf that are less.
  static std::size_t dots_before(const leaf& l, dot d) noexcept;
  /// Index of the last leaf that begins at or before that block; leaves_.size() if none.
  std::size_t leaf_for(std::uint64_t block) const noexcept;
  /// The same, faster if it is i or one of the next.
  std::size_t leaf_from(std::size_t i, std::uint64_t block) const noexcept {
    for (const auto end = std::min(i + 8, firsts_.size() - 1); i < end; ++i)
      if (firsts_[i + 1] > block) return i;
    return i + 1 == firsts_.size() || firsts_[i + 1] > block ? i : leaf_for(block);
  }
  void shrink(std::size_t i);
  std::size_t make_room(std::size_t i, dot d);
  void make_dense(leaf& l);
  void make_sparse(leaf& l);
  void join_neighbours(std::size_t i);
  void append_leaf(std::size_t i, std::size_t j);

  std::vector<std::unique_ptr<leaf>> leaves_; ///< ascending by `first`
  std::vector<std::uint64_t> firsts_;         ///< beside it, for the search
  std::size_t size_ = 0;
};

template <class F>
void dot_index::find_all(const std::vector<dot>& dots, F&& f) const {
  constexpr std::size_t ahead = 16;
  const handle* found[ahead] = {};
  std::size_t i = 0; // the leaf
  for (std::size_t k = 0; k < dots.size() + ahead; ++k) {
    auto& at = found[k % ahead];
    if (k >= ahead && at && *at != 0) f(dots[k - ahead], *at);
    at = nullptr;
    if (k >= dots.size() || empty()) continue;
    const auto d = dots[k];
    i = leaf_from(i, block_of(d));
    const auto& l = *leaves_[i];
    if (l.dense()) {
      if (block_of(d) == l.first) __builtin_prefetch(at = &l.handles[slot_of(d)]);
    } else if (const auto n = dots_before(l, d); n < l.dots.size() && l.dots[n] == d) {
      at = &l.handles[n];
    }
  }
}

template <class F>
bool dot_index::walk(dot x, dot y, F&& f) const {
  if (x >= y || empty()) return true;
  auto i = leaf_for(block_of(x + 1));
  if (i == leaves_.size()) i = 0;
  for (; i < leaves_.size() && firsts_[i] <= block_of(y); ++i) {
    const auto& l = *leaves_[i];
    if (!l.dense()) {
      auto k = static_cast<std::size_t>(std::upper_bound(l.dots.begin(), l.dots.end(), x)
                                        - l.dots.begin());
      for (; k < l.dots.size() && l.dots[k] <= y; ++k)
        if (!f(l.dots[k], l.handles[k])) return false;
      continue;
    }
    const auto base = l.first << block_bits;
    const auto top = base | (block_size - 1);
    if (x >= top) continue;
    const auto from = x < base ? std::size_t{0} : slot_of(x) + 1;
    const auto to = y < top ? slot_of(y) : block_size - 1;
    for (auto k = from; k <= to; ++k)
      if (l.handles[k] != 0 && !f(base + k, l.handles[k])) return false;
  }
  return true;
}

template <class F>
void dot_index::take_back(std::size_t n, F&& f) {
  while (n > 0 && !leaves_.empty()) {
    auto& l = *leaves_.back();
    if (!l.dense()) {
      for (; n > 0 && l.used > 0; --n, --l.used, --size_) {
        f(l.dots.back(), l.handles.back());
        l.dots.pop_back();
        l.handles.pop_back();
      }
    } else {
      const auto base = l.first << block_bits;
      for (auto k = block_size; k > 0 && n > 0 && l.used > 0; --k) {
        auto& h = l.handles[k - 1];
        if (h == 0) continue;
        f(base + k - 1, h);
        h = 0;
        --n, --l.used, --size_;
      }
    }
    if (l.used == 0) {
      leaves_.pop_back();
      firsts_.pop_back();
    }
  }
}

} // namespace rollcall::crdt
