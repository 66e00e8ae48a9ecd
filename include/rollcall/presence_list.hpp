// The result of a read: the presences of a topic at one moment.
//
//     for (auto p : tracker.list("lobby"))       // in order of key, then ref
//       fmt::print("{} {}\n", p.key(), p.meta()["status"].as_string().value_or("?"));
//
// A list is a snapshot: it never changes, whatever the shard does meanwhile. Taking and
// copying one costs one atomic addition, however large the topic is. A list keeps its
// presences in memory as long as it exists. Thread-safety: any thread.
#pragma once

#include "rollcall/presence.hpp"

#include <cstddef>
#include <cstdint>
#include <iterator>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

namespace rollcall {

namespace crdt {
struct record;
struct snapshot;
struct table_core;
struct tree_node;
class presence_table;
} // namespace crdt

/// A presence inside a snapshot. Valid as long as the list that it came from.
class presence_view {
public:
  presence_view() = default; ///< refers to nothing; only assign to it
  std::string_view topic() const noexcept;
  std::string_view key() const noexcept;
  pid who() const; ///< copies the node's name
  const replica_id& replica() const noexcept;
  std::uint64_t actor() const noexcept;
  meta_view meta() const noexcept;
  rollcall::ref ref() const noexcept;
  std::optional<rollcall::ref> prev_ref() const noexcept;
  presence to_presence() const; ///< a copy to keep

private:
  friend class presence_list;
  friend class crdt::presence_table;
  presence_view(const crdt::table_core* core, const crdt::record* what) noexcept
      : core_(core), record_(what) {}
  const crdt::table_core* core_ = nullptr;
  const crdt::record* record_ = nullptr;
};

/// The presences of a topic, or those of one key in it, at one moment.
class presence_list {
public:
  class iterator;
  using const_iterator = iterator;
  using value_type = presence_view;

  presence_list() = default; ///< empty
  presence_list(const presence_list&) noexcept;
  presence_list(presence_list&&) noexcept;
  presence_list& operator=(presence_list) noexcept;
  ~presence_list();

  std::size_t size() const noexcept { return size_; }
  bool empty() const noexcept { return size_ == 0; }
  /// In order of key, then ref. Iterators, and the views that they return, are valid as
  /// long as the list.
  iterator begin() const;
  iterator end() const noexcept;
  /// Returns copies that are independent of the list.
  std::vector<presence> to_vector() const;

private:
  friend class crdt::presence_table;
  const crdt::tree_node* leaf_ = nullptr; // where it begins, if known
  crdt::snapshot* snapshot_ = nullptr;    // pinned; null: empty
  std::uint32_t index_ = 0;               // in leaf_
  std::uint32_t first_ = 0;               // number of presences before it in the topic
  std::uint32_t size_ = 0;
  bool with_hidden_ = false;
};

/// A forward iterator (multi-pass) that returns values.
class presence_list::iterator {
public:
  using iterator_concept = std::forward_iterator_tag;
  using iterator_category = std::input_iterator_tag;
  using value_type = presence_view;
  using difference_type = std::ptrdiff_t;
  using reference = presence_view;
  using pointer = void;

  iterator() = default;
  presence_view operator*() const noexcept;
  iterator& operator++();
  iterator operator++(int) {
    auto old = *this;
    ++*this;
    return old;
  }
  /// Requires iterators of the same list.
  friend bool operator==(const iterator& a, const iterator& b) noexcept {
    return a.left_ == b.left_;
  }

private:
  friend class presence_list;
  // A position in one tree of the snapshot: entries [index, count) of the leaf,
  // then `left` - (count - index) of those that follow it.
  struct cursor {
    const crdt::tree_node* leaf = nullptr;
    std::uint32_t index = 0;
    std::uint32_t rank = 0;
    std::uint32_t left = 0;
    std::uint32_t root = 0;
  };
  using run = std::vector<const crdt::record*>;

  void seek(cursor&) const noexcept;
  void advance(cursor&) const noexcept;
  const crdt::record* head(const cursor&) const noexcept;
  bool next_in_leaf() noexcept;
  void next_key();
  void gather(const crdt::record* first);

  // Not the snapshot: the writer uses its cache line.
  const crdt::table_core* core_ = nullptr;
  const crdt::record* at_ = nullptr;
  cursor shown_, hidden_;          // behind the run of the key that `at_` has
  std::shared_ptr<const run> run_; // more than one: in order of ref
  std::uint32_t run_at_ = 0;
  std::uint32_t left_ = 0;
};

} // namespace rollcall
