// Changes the trees of a topic (tree_node.hpp) without changing what readers see.
//
// A node of the version under construction has not been published: it is changed
// in place. An older node is copied, with its ancestors up to a new root. So a
// change copies one node of each level, and further changes of the same batch
// find shared nodes copied already. A replaced node goes to the garbage list of
// the topic, because older snapshots still show it, or is freed at once if it was
// never published.
//
// Thread-safety: writer only.
#pragma once

#include "crdt/table/tree_node.hpp"

namespace rollcall::crdt {

class tree_editor {
public:
  /// `garbage`: a list (garbage_list.hpp).
  tree_editor(arena& mem, std::uint64_t version, handle& garbage) noexcept
      : mem_(mem), version_(version), garbage_(garbage) {}

  /// Both return the new root. `insert` requires that no equal record is in the
  /// tree, unless `found` is given (and 0): then, if one exists, the tree is left
  /// unchanged and `*found` is its handle. `erase` requires that the record is in
  /// the tree.
  handle insert(handle root, handle what, handle* found = nullptr);
  handle erase(handle root, handle what);

  /// How many more entries, since this editor was made, follow one of the same key:
  /// as an unsigned number, to be added with its wrap.
  std::uint32_t twins() const noexcept { return twins_; }

protected:
  struct halves {
    handle left = 0;
    handle right = 0; ///< 0: it was not split
  };

  tree_node& at(handle h) const noexcept { return *mem_.at<tree_node>(h); }
  bool ours(const tree_node& n) const noexcept { return n.born == version_; }
  std::string_view key_of(handle what) const noexcept { return mem_.at<record>(what)->key(); }

  handle make(std::uint32_t level, std::uint32_t room);
  handle copy(const tree_node& from, std::uint32_t first, std::uint32_t last, std::uint32_t spare);
  void release(handle);
  handle writable(handle, std::uint32_t room);

  void lengthen_skip(tree_node&);
  void shorten_skip(tree_node&, std::string_view key);
  void put(tree_node&, std::uint32_t i, handle what);
  void open_gap(tree_node&, std::uint32_t i);
  void close_gap(tree_node&, std::uint32_t i);
  void put_child(tree_node&, std::uint32_t i, handle child);
  halves split(handle, std::uint32_t at);
  void join(tree_node& parent, std::uint32_t i);
  std::uint32_t members(handle) const noexcept;

  /// What stands beside a subtree: the subtree of its level before it, and the
  /// record of the first entry behind it; 0 for none.
  struct surroundings {
    handle before = 0;
    handle next = 0;
  };
  surroundings around(const tree_node&, std::uint32_t child, surroundings) const noexcept;
  handle last_of(handle subtree) const noexcept; ///< its last record
  bool same_key(handle a, handle b) const noexcept {
    return a != 0 && b != 0 && key_of(a) == key_of(b);
  }
  /// A record with neighbours comes (or goes) between these; 0: there is none.
  void count_twins(handle before, handle what, handle behind, bool comes) noexcept;

  halves insert_below(handle, const search_key&, handle what, bool last, handle* found,
                      handle next);
  halves add_child(handle, std::uint32_t i, halves child, bool last);
  handle erase_below(handle, const search_key&, surroundings);

  arena& mem_;
  std::uint64_t version_;
  handle& garbage_;
  std::uint32_t twins_ = 0;
};

} // namespace rollcall::crdt
