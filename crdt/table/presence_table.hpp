// The presences of one shard, of all slices, with all indexes.
//
// One writer (the shard) and any number of readers on any threads. Readers never
// block the writer, nor it them. Its structure stands in core.hpp.
//
// Changes become visible to readers at `publish()`, those of one topic all at
// once. Only the writer uses handles. A handle is valid from `insert` until the
// second `publish` after `erase`, so that the leaves of a step can be reported
// after the `publish` that hides them from readers.
//
//     auto table = std::make_shared<presence_table>(limits{});
//     auto slice = table->open_slice(replica, true);
//     table->insert(slice, birth{1, "lobby", "ada", actor, meta}, true);
//     table->publish();
//     for (auto p : table->list("lobby")) ... // on any thread
//
// Complexity, with n presences in the topic: insert, erase, find, set_visible and
// get_by_key O(log n); list, count and count_keys O(1); publish O(changes). A batch costs a
// fraction of the same changes one by one.
#pragma once

#include "crdt/delta.hpp"
#include "crdt/table/record.hpp" // handle, slice_no
#include "rollcall/options.hpp"
#include "rollcall/presence_list.hpp"

#include <cstddef>
#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::crdt {

struct table_core;
struct topic_state;

class presence_table {
public:
  explicit presence_table(const limits&);
  ~presence_table();
  presence_table(const presence_table&) = delete;
  presence_table& operator=(const presence_table&) = delete;

  // -- writer: slices
  /// `local`: its presences are indexed by actor as well.
  slice_no open_slice(const replica_id&, bool local);
  /// Ends insertion. Its number is reused when all its records have been freed.
  void close_slice(slice_no);

  // -- writer: presences
  /// Precondition: find() returns 0 for this identity in that slice, and
  /// nearly_full() was false when the step began. `visible`: shown by list,
  /// get_by_key and count; otherwise by dirty_list only.
  handle insert(slice_no, const birth&, bool visible);
  /// As insert, in one search, for a slice that is visible as a whole. Returns 0 and
  /// changes nothing if the identity is there.
  handle insert_new(slice_no, const birth&);
  /// True when nearly 32 GiB are held: begin no step that inserts. A step that has
  /// begun can finish: room for some frames is left.
  bool nearly_full() const noexcept;
  void erase(handle);
  void set_visible(handle, bool);
  handle find(slice_no, std::string_view topic, std::string_view key, std::uint64_t actor) const;
  /// The first presence of a local actor, and the next one: for untrack(actor).
  handle first_of_actor(std::uint64_t actor) const;
  handle next_of_actor(handle) const;
  std::size_t count_of_actor(std::uint64_t actor) const;

  // -- writer: many presences at once (tree_batch.hpp)
  /// As above, but `carry_out` changes the trees, all at once; a look-up before
  /// that may see either state. `insert_later` requires a slice that is not local.
  handle insert_later(slice_no, const birth&, bool visible);
  void erase_later(handle);
  void set_visible_later(handle, bool);
  /// Insertions whose identity is already in the tree are skipped and appended to
  /// `left_out`; the caller inspects them and gives them to `discard`.
  void carry_out(std::vector<handle>& left_out);
  void discard(handle);
  /// As `find`, among the visible presences only, or among the hidden ones only.
  handle find_among(bool visible, slice_no, std::string_view topic, std::string_view key,
                    std::uint64_t actor) const;
  /// Returns the first presence under that key that the slice shows, or 0. O(log n).
  handle first_shown(slice_no, std::string_view topic, std::string_view key) const;
  /// Marks a presence as hidden because another one took its place (view.hpp). The
  /// mark stays until `untake`.
  void take(handle); ///< hides it as well
  void mark_taken(handle) noexcept;
  void untake(handle) noexcept;
  bool taken(handle) const noexcept;
  void fetch(handle) const noexcept; ///< prefetches it

  presence_view view(handle) const;
  bool visible(handle) const noexcept;
  slice_no slice_of(handle) const noexcept;
  dot dot_of(handle) const noexcept;
  birth as_birth(handle) const;
  void describe(handle, birth& fresh) const; ///< the same where it is to stand, for many

  /// For tests of the audit: flips a bit of its meta, in memory. False if it has
  /// none.
  bool flip_a_bit(handle) noexcept;

  /// Makes all changes since the last call visible to readers, and frees a bounded
  /// amount of what no reader can see any more. Call it now and then even when
  /// nothing changed.
  void publish();

  std::size_t size() const noexcept;                    ///< all slices, visible or not
  std::size_t topic_size(std::string_view topic) const; ///< visible and hidden
  /// Number of presences visible under that key, as the writer sees it.
  std::size_t count_of_key(std::string_view topic, std::string_view key) const;
  std::size_t memory_bytes() const noexcept; ///< held by records and indexes
  /// Records, nodes, topics, snapshots and garbage lists in memory. Some `publish`
  /// calls after the last change these are what readers or held lists can see.
  std::size_t objects() const noexcept;
  std::size_t cost_of_slice(slice_no) const noexcept; ///< of its presences: record::cost
  std::size_t cost_of(handle) const noexcept;
  std::size_t slices_in_use() const noexcept; ///< open, or with records in memory
  bool sound() const;                         ///< every invariant of the indexes, for tests. O(n)

  // -- readers: any thread, at any time
  presence_list list(std::string_view topic) const;
  presence_list get_by_key(std::string_view topic, std::string_view key) const;
  std::size_t count(std::string_view topic) const;
  std::size_t count_keys(std::string_view topic) const; ///< how many different keys are shown
  presence_list dirty_list(std::string_view topic) const;
  /// Topic -> visible count, of those that have any; in order of name.
  std::map<std::string, std::size_t> topics() const;

private:
  handle put(slice_no, const birth&, bool visible, handle* there);
  handle topic_for(std::string_view name);
  topic_state* known_topic(std::string_view name) const;
  void touch(topic_state&, handle);
  void publish_topic(handle);
  presence_list pinned(std::string_view topic, bool with_hidden) const;

  struct staged; // for carry_out

  table_core* core_; // deleted by the last of the table and its lists
  std::unique_ptr<staged> staged_;
};

} // namespace rollcall::crdt
