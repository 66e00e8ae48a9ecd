#include "crdt/dot_index.hpp"

#include <cassert>

namespace rollcall::crdt {

std::size_t dot_index::leaf_for(std::uint64_t block) const noexcept {
  // Nearly all accesses are in the last leaf.
  if (!firsts_.empty() && firsts_.back() <= block) return firsts_.size() - 1;
  const auto i = std::upper_bound(firsts_.begin(), firsts_.end(), block);
  if (i == firsts_.begin()) return firsts_.size();
  return static_cast<std::size_t>(i - firsts_.begin()) - 1;
}

dot dot_index::last() const noexcept {
  if (leaves_.empty()) return 0;
  const auto& l = *leaves_.back();
  if (!l.dense()) return l.dots.empty() ? 0 : l.dots.back();
  auto k = block_size;
  while (k > 0 && l.handles[k - 1] == 0) --k;
  return k == 0 ? 0 : (l.first << block_bits) + k - 1;
}

// Branch-free, hence the product.
std::size_t dot_index::dots_before(const leaf& l, dot d) noexcept {
  const auto* p = l.dots.data();
  auto n = l.dots.size();
  if (n == 0) return 0;
  while (n > 1) {
    const auto half = n / 2;
    p += half * (p[half - 1] < d);
    n -= half;
  }
  return static_cast<std::size_t>(p - l.dots.data()) + (*p < d);
}

handle dot_index::find(dot d) const noexcept {
  const auto i = leaf_for(block_of(d));
  if (i == leaves_.size()) return 0;
  const auto& l = *leaves_[i];
  if (l.dense()) return block_of(d) == l.first ? l.handles[slot_of(d)] : 0;
  const auto k = dots_before(l, d);
  return k < l.dots.size() && l.dots[k] == d ? l.handles[k] : 0;
}

void dot_index::insert(dot d, handle h) {
  assert(d > 0 && h != 0 && find(d) == 0);
  const auto i = make_room(leaf_for(block_of(d)), d);
  auto& l = *leaves_[i];
  ++size_;
  ++l.used;
  if (l.dense()) {
    l.handles[slot_of(d)] = h;
    return;
  }
  if (l.dots.empty() || d > l.dots.back()) { // the usual case
    l.dots.push_back(d);
    l.handles.push_back(h);
    return;
  }
  const auto k = std::upper_bound(l.dots.begin(), l.dots.end(), d) - l.dots.begin();
  l.dots.insert(l.dots.begin() + k, d);
  l.handles.insert(l.handles.begin() + k, h);
}

handle dot_index::erase(dot d) {
  const auto i = leaf_for(block_of(d));
  if (i == leaves_.size()) return 0;
  auto& l = *leaves_[i];
  handle h = 0;
  if (l.dense()) {
    if (block_of(d) == l.first) std::swap(h, l.handles[slot_of(d)]);
    if (h == 0) return 0;
  } else {
    const auto k = dots_before(l, d);
    if (k == l.dots.size() || l.dots[k] != d) return 0;
    h = l.handles[k];
    l.dots.erase(l.dots.begin() + static_cast<std::ptrdiff_t>(k));
    l.handles.erase(l.handles.begin() + static_cast<std::ptrdiff_t>(k));
  }
  --size_;
  --l.used;
  shrink(i);
  return h;
}

/// Called after an element of leaf i was removed.
void dot_index::shrink(std::size_t i) {
  auto& l = *leaves_[i];
  if (l.dense() && l.used < min_dense) make_sparse(l);
  if (!l.dense() && l.used < thin) join_neighbours(i);
}

// From the last leaf to the first, since a join of leaves changes the indexes behind them.
void dot_index::erase_all(const std::vector<std::pair<dot, handle>>& gone) {
  for (auto end = gone.size(), first = end; end > 0; end = first) {
    const auto i = leaf_for(block_of(gone[end - 1].first));
    auto& l = *leaves_[i];
    while (first > 0 && (i == 0 || block_of(gone[first - 1].first) >= l.first)) --first;
    if (l.dense()) {
      for (auto k = first; k < end; ++k) l.handles[slot_of(gone[k].first)] = 0;
    } else { // elements between two of them move up
      auto from = dots_before(l, gone[first].first), to = from;
      for (auto k = first; k < end; ++k) {
        assert(l.dots[from] == gone[k].first);
        const auto next = k + 1 < end ? dots_before(l, gone[k + 1].first) : l.dots.size();
        std::copy(l.dots.data() + from + 1, l.dots.data() + next, l.dots.data() + to);
        std::copy(l.handles.data() + from + 1, l.handles.data() + next, l.handles.data() + to);
        to += next - from - 1;
        from = next;
      }
      l.dots.resize(to);
      l.handles.resize(to);
    }
    l.used -= end - first;
    size_ -= end - first;
    shrink(i);
  }
}

/// Returns the leaf for d, with space for it. i: the leaf before or at d.
std::size_t dot_index::make_room(std::size_t i, dot d) {
  const auto block = block_of(d);
  const auto fresh = [&](std::size_t at) {
    leaves_.insert(leaves_.begin() + static_cast<std::ptrdiff_t>(at),
                   std::make_unique<leaf>(leaf{block, 0, {}, {}}));
    firsts_.insert(firsts_.begin() + static_cast<std::ptrdiff_t>(at), block);
    return at;
  };
  const bool before_all = i == leaves_.size();
  if (before_all || (leaves_[i]->dense() && leaves_[i]->first != block)) {
    // Outside the blocks of all leaves. The next leaf is extended downwards if possible; a
    // leaf per dot would waste memory.
    const auto next = before_all ? 0 : i + 1;
    if (next == leaves_.size() || leaves_[next]->dense() || leaves_[next]->used >= joined)
      return fresh(next);
    leaves_[next]->first = firsts_[next] = block;
    return next;
  }
  auto& l = *leaves_[i];
  if (l.dense() || l.used < max_sparse) return i;
  // Full. `first` may be lower than the first block in use.
  const auto low = block_of(l.dots.front()), high = block_of(l.dots.back());
  if (low == high) {
    if (block > high) return fresh(i + 1);
    if (block < low) { // d gets a leaf of its own, below this one
      const auto at = fresh(i);
      firsts_[at] = leaves_[at]->first = firsts_[at + 1];
      leaves_[at + 1]->first = firsts_[at + 1] = low;
      make_dense(*leaves_[at + 1]);
      return at;
    }
    firsts_[i] = l.first = block;
    make_dense(l);
    return i;
  }
  if (block > high) return fresh(i + 1); // appending: keep this leaf full
  // Split at the border of two blocks that is nearest to the middle.
  auto cut =
      std::lower_bound(l.dots.begin(), l.dots.end(), block_of(l.dots[l.used / 2]) << block_bits);
  if (cut == l.dots.begin())
    cut = std::lower_bound(l.dots.begin(), l.dots.end(), (low + 1) << block_bits);
  const auto n = cut - l.dots.begin();
  auto upper = std::make_unique<leaf>(leaf{block_of(*cut),
                                           l.used - static_cast<std::size_t>(n),
                                           {cut, l.dots.end()},
                                           {l.handles.begin() + n, l.handles.end()}});
  l.dots.resize(static_cast<std::size_t>(n));
  l.handles.resize(static_cast<std::size_t>(n));
  l.used = static_cast<std::size_t>(n);
  firsts_.insert(firsts_.begin() + static_cast<std::ptrdiff_t>(i) + 1, upper->first);
  leaves_.insert(leaves_.begin() + static_cast<std::ptrdiff_t>(i) + 1, std::move(upper));
  return leaf_for(block);
}

void dot_index::make_dense(leaf& l) {
  std::vector<handle> slots(block_size, 0);
  for (std::size_t k = 0; k < l.dots.size(); ++k) slots[slot_of(l.dots[k])] = l.handles[k];
  l.handles = std::move(slots);
  std::vector<dot>{}.swap(l.dots);
}

void dot_index::make_sparse(leaf& l) {
  std::vector<handle> handles;
  handles.reserve(l.used);
  l.dots.reserve(l.used);
  for (std::size_t k = 0; k < block_size; ++k)
    if (l.handles[k] != 0) {
      l.dots.push_back((l.first << block_bits) + k);
      handles.push_back(l.handles[k]);
    }
  l.handles = std::move(handles);
}

/// Leaf i is thin and sparse: removes it if it is empty, or joins it with a neighbour.
void dot_index::join_neighbours(std::size_t i) {
  const auto fits = [&](std::size_t a, std::size_t b) {
    return !leaves_[a]->dense() && !leaves_[b]->dense()
           && leaves_[a]->used + leaves_[b]->used <= joined;
  };
  if (leaves_[i]->used == 0 || (i > 0 && fits(i - 1, i)))
    append_leaf(i, i - 1);
  else if (i + 1 < leaves_.size() && fits(i, i + 1))
    append_leaf(i + 1, i);
}

/// Moves the elements of leaf i to the end of leaf j, and removes leaf i.
void dot_index::append_leaf(std::size_t i, std::size_t j) {
  if (auto& from = *leaves_[i]; from.used > 0) {
    auto& to = *leaves_[j];
    to.dots.insert(to.dots.end(), from.dots.begin(), from.dots.end());
    to.handles.insert(to.handles.end(), from.handles.begin(), from.handles.end());
    to.used += from.used;
  }
  leaves_.erase(leaves_.begin() + static_cast<std::ptrdiff_t>(i));
  firsts_.erase(firsts_.begin() + static_cast<std::ptrdiff_t>(i));
}

std::size_t dot_index::memory_bytes() const noexcept {
  auto n = leaves_.capacity() * sizeof(leaves_[0]) + firsts_.capacity() * sizeof(firsts_[0]);
  for (const auto& l : leaves_)
    n += sizeof(leaf) + l->dots.capacity() * sizeof(dot) + l->handles.capacity() * sizeof(handle);
  return n;
}

} // namespace rollcall::crdt
