// Many changes to one tree at once.
//
// tree_editor walks down and copies one node of each level for one presence. A
// delta brings a hundred changes, a piece of long work thousands. Here they are
// sorted, and the tree is changed in two passes over its levels:
//
//   down   from the root, level by level, each node's changes are parted among
//          its children. The nodes of a level that have any are fetched into
//          the cache many at a time before they are used, so that cache misses,
//          which are most of the cost in a large tree, overlap;
//   up     from the leaves, each node that has changes is built anew once,
//          however many it has, from its old entries and what became of its
//          children.
//
// The trees are those of tree_node.hpp, with the same rules of filling: a full
// node is cut into even parts, thin neighbours are joined.
//
// Thread-safety: writer only.
#pragma once

#include "crdt/table/tree_editor.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <vector>

namespace rollcall::crdt {

/// One change. Presences of one tree are in order by the window of their key,
/// and where it ties by their records.
struct tree_edit {
  key_window whole;
  handle what;
  handle topic;
  bool hidden; ///< which of the trees of the topic
  bool gone;   ///< to be erased; else inserted
};

/// Sorts by tree, key, slice and actor, erasures before insertions. `spare` is a
/// work buffer.
void sort_edits(const arena&, std::vector<tree_edit>&, std::vector<tree_edit>& spare);

/// State of the two passes; kept between calls to reuse its memory.
struct batch_memory {
  /// A node that has changes: those in [first, end).
  struct touched {
    handle node;
    std::uint32_t first, end;
    std::uint32_t child;          ///< of its parent
    std::uint32_t kids, kids_end; ///< its own children that have changes
    std::uint32_t made, made_end; ///< what became of it
    bool last;                    ///< of its level
    handle before, next;          ///< tree_editor::surroundings
  };
  static constexpr std::size_t max_levels = 16;
  std::array<std::vector<touched>, max_levels> levels;
  std::vector<handle> made, below; ///< nodes built of this level, of the one below
  std::vector<tree_entry> entries; ///< of the node being built
  std::vector<tree_child> children;
  std::vector<std::size_t> thin; ///< which of these should join a neighbour
};

class tree_batch : private tree_editor {
public:
  tree_batch(arena& mem, std::uint64_t version, handle& garbage, batch_memory& memory) noexcept
      : tree_editor(mem, version, garbage), m_(memory) {}

  /// Requires a non-empty, sorted range of edits of one tree; every erased record
  /// must exist. Insertions that duplicate a record of the tree or an earlier edit
  /// are skipped and appended to `left_out`. Returns the new root.
  handle apply(handle root, const tree_edit* edits, std::size_t count,
               std::vector<handle>& left_out);
  using tree_editor::twins;

private:
  using touched = batch_memory::touched;

  std::uint32_t place(const tree_node&, const tree_edit&, bool or_equal) const noexcept;
  template <class F>
  void fetched(std::vector<touched>& level, F&& f) const;
  void part(touched&, std::vector<touched>& below);
  handle record_before(const touched&) const noexcept;
  bool change_one(touched&);
  void rebuild_leaf(touched&, std::vector<handle>& left_out);
  bool replace_children(touched&, const std::vector<touched>& below);
  void rebuild_inner(touched&, const std::vector<touched>& below);
  void take_old(const tree_node&, std::uint32_t from, std::uint32_t to, std::size_t skip);
  void take_child(handle child, std::size_t skip);
  void join_thin();
  handle joined(handle, handle);
  void finish(std::uint32_t level, std::size_t skip, bool pack);

  batch_memory& m_;
  const tree_edit* edits_ = nullptr;
  // The leaf that was changed last, as it was, and the last record up to there now.
  handle changed_leaf_ = 0, changed_last_ = 0;
};

} // namespace rollcall::crdt
