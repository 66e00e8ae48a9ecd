// The nodes of the trees of a topic, and the search within a node.
//
// A tree is a B+ tree (Bayer and McCreight, 1972; Comer, "The ubiquitous
// B-tree", 1979) in order of key, slice, actor. An entry is 16 bytes: twelve
// bytes of the key as numbers that compare as the bytes do, and the handle of
// the record. So nearly every comparison is decided inside the node; only where
// the twelve bytes tie does it look into the record. Keys that begin alike
// ("customer-000017…") would tie always: a node has `skip`, a number of leading
// bytes that all keys of its entries share, and its entries hold the twelve
// bytes after those.
//
// A leaf's entries are presences. An inner node has an entry for each child.
// Invariant: it equals the child's first entry, so that it never names a freed
// record. Beside it stands the number of presences below each child, so that a
// position is found by rank as well as by key, and a run is counted without a
// walk.
//
// Trees are persistent (Driscoll et al., "Making data structures persistent",
// 1989): a node that readers may see is never changed; see tree_editor.hpp. So
// nodes have no links to their neighbours.
//
// A node is as large as what it holds, in a few steps: the tree of a topic of
// one presence takes 32 bytes.
#pragma once

#include "crdt/table/record.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>

namespace rollcall::crdt {

/// Twelve bytes of a key (zeros past its end) in an order of numbers.
struct key_window {
  std::uint64_t hi = 0;
  std::uint32_t lo = 0;

  static constexpr std::size_t bytes = 12;

  bool operator==(const key_window&) const = default;

  key_window(std::uint64_t h, std::uint32_t l) noexcept : hi(h), lo(l) {}
  explicit key_window(std::string_view tail) noexcept {
    unsigned char buf[bytes] = {};
    auto* p = reinterpret_cast<const unsigned char*>(tail.data());
    if (tail.size() < bytes) {
      std::copy_n(p, tail.size(), buf);
      p = buf;
    }
    std::memcpy(&hi, p, 8);
    std::memcpy(&lo, p + 8, 4);
    if constexpr (std::endian::native == std::endian::little) {
      hi = __builtin_bswap64(hi);
      lo = __builtin_bswap32(lo);
    }
  }
};

struct tree_entry {
  std::uint64_t hi;
  std::uint32_t lo;
  handle what; ///< the record

  tree_entry(key_window w, handle h) noexcept : hi(w.hi), lo(w.lo), what(h) {}
  bool less(key_window w) const noexcept { return (hi < w.hi) | ((hi == w.hi) & (lo < w.lo)); }
  bool same(key_window w) const noexcept { return (hi == w.hi) & (lo == w.lo); }
};

struct tree_child {
  handle node;
  std::uint32_t members; ///< presences below
};

struct alignas(8) tree_node {
  std::uint64_t born; ///< the version of the table that it was made for
  std::uint8_t level; ///< 0: leaf
  std::uint8_t skip;  ///< leading bytes that all keys of the entries share
  std::uint8_t count;
  std::uint8_t room;

  // How many entries at most. Their sizes balance the cost of a search (depth)
  // and that of a change (one node of each level is copied).
  static constexpr std::uint32_t max_leaf = 47;
  static constexpr std::uint32_t max_inner = 36;

  tree_entry* entries() noexcept { return reinterpret_cast<tree_entry*>(this + 1); }
  const tree_entry* entries() const noexcept {
    return reinterpret_cast<const tree_entry*>(this + 1);
  }
  tree_child* children() noexcept { return reinterpret_cast<tree_child*>(entries() + room); }
  const tree_child* children() const noexcept {
    return reinterpret_cast<const tree_child*>(entries() + room);
  }
  std::uint32_t max() const noexcept { return level ? max_inner : max_leaf; }
};
static_assert(sizeof(tree_node) == 16 && sizeof(tree_entry) == 16 && sizeof(tree_child) == 8);

/// The key of a search: an identity within a topic, or an end of the run of a key.
struct search_key {
  std::string_view key;
  slice_no slice = 0;
  std::uint64_t actor = 0;
  key_window whole; ///< the window of nodes without a skip

  search_key(std::string_view k, slice_no s, std::uint64_t a) noexcept
      : key(k), slice(s), actor(a), whole(k) {}
  explicit search_key(const record& r) noexcept : search_key(r.key(), r.slice, r.actor) {}

  static search_key before(std::string_view key) noexcept { return {key, 0, 0}; }
  static search_key after(std::string_view key) noexcept {
    return {key, std::numeric_limits<slice_no>::max(), std::numeric_limits<std::uint64_t>::max()};
  }

  /// < 0: the search key is before r.
  int compare(const record& r) const noexcept {
    if (auto c = key.compare(r.key()); c != 0) return c;
    if (slice != r.slice) return slice < r.slice ? -1 : 1;
    return actor == r.actor ? 0 : actor < r.actor ? -1 : 1;
  }
};

/// Length of the common prefix of two keys.
inline std::size_t shared_bytes(std::string_view a, std::string_view b) noexcept {
  auto n = std::min(a.size(), b.size());
  return static_cast<std::size_t>(
      std::mismatch(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(n), b.begin()).first
      - a.begin());
}

/// Counts the entries whose window is less. Two rounds of independent steps: no
/// branch depends on the data, and the cache lines of a node that is not cached
/// are fetched in parallel.
inline std::uint32_t windows_before(const tree_entry* e, std::uint32_t n, key_window w) noexcept {
  constexpr std::uint32_t block = 8;
  std::uint32_t first = 0;
  for (auto i = block - 1; i < n; i += block) first += e[i].less(w) ? block : 0;
  auto before = first;
  for (auto i = first, last = std::min(n, first + block); i < last; ++i) before += e[i].less(w);
  return before;
}

/// Counts the entries of a node before the search key (`or_equal`: or equal to it).
inline std::uint32_t count_before(const arena& mem, const tree_node& n, const search_key& s,
                                  bool or_equal) noexcept {
  auto* e = n.entries();
  auto w = s.whole;
  if (n.skip) {
    auto common = mem.at<record>(e[0].what)->key().substr(0, n.skip);
    if (auto c = s.key.substr(0, n.skip).compare(common); c != 0) return c < 0 ? 0 : n.count;
    w = key_window{s.key.substr(n.skip)};
  }
  auto i = windows_before(e, n.count, w);
  // Entries that tie (mostly none or one) are compared by their records.
  std::uint32_t end = i;
  if (i < n.count && e[i].same(w)) end = i + 1u == n.count || !e[i + 1].same(w) ? i + 1 : n.count;
  while (i < end) {
    auto mid = i + (end - i) / 2;
    auto c = e[mid].same(w) ? s.compare(*mem.at<record>(e[mid].what)) : -1;
    if (c > 0 || (c == 0 && or_equal))
      i = mid + 1;
    else
      end = mid;
  }
  return i;
}

/// Index of the child that contains the search key, or would contain it.
inline std::uint32_t child_for(const arena& mem, const tree_node& n, const search_key& s) noexcept {
  auto before = count_before(mem, n, s, true);
  return before ? before - 1 : 0;
}

} // namespace rollcall::crdt
