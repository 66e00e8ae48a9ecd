// Look-ups in the tree of a topic (tree_node.hpp). A root of 0 is the empty tree.
//
// Thread-safety: any thread, while the tree cannot be freed (see snapshot.hpp).
#pragma once

#include "crdt/table/tree_node.hpp"

namespace rollcall::crdt {

/// A position. `index` may be one past the last entry of the leaf: then the
/// next entry stands in the next leaf, if there is one.
struct tree_place {
  const tree_node* leaf = nullptr;
  std::uint32_t index = 0;
  std::uint32_t rank = 0; ///< how many entries of the tree stand before it
};

handle tree_find(const arena&, handle root, const search_key&) noexcept;
/// Position of the first entry that is not before the search key.
tree_place tree_lower(const arena&, handle root, const search_key&) noexcept;
/// Position of the entry of that rank. Requires rank < tree_size.
tree_place tree_at(const arena&, handle root, std::uint32_t rank) noexcept;
std::uint32_t tree_size(const arena&, handle root) noexcept;
/// Checks every invariant of tree_node.hpp, for tests. O(n).
/// How many entries follow one of the same key, for tests. O(n).
std::uint32_t tree_twins(const arena&, handle root) noexcept;
/// Every rule of tree_node.hpp, for tests. O(n).
bool tree_sound(const arena&, handle root) noexcept;

} // namespace rollcall::crdt
