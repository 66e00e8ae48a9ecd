// The table of presences of one shard: every slice's, with all indexes.
//
// One writer (the shard), any number of readers on any threads, who never
// block the writer and are never blocked by it. How it is built: table_core.hpp.
//
// What the writer does to it becomes visible to readers at `publish()`, all of
// it at once per topic. Handles are the writer's: 32 bits, valid from `insert`
// until the second `publish` after `erase` (so that the leaves of a step can
// still be looked at while they are reported, after the `publish` that hides
// them from readers).
//
//     auto table = std::make_shared<presence_table>(limits{});
//     auto slice = table->open_slice(replica, true);
//     table->insert(slice, birth{1, "lobby", "ada", actor, meta}, true);
//     table->publish();
//     for (auto p : table->list("lobby")) ... // on any thread
//
// Costs, n the presences of the topic: insert, erase, find, set_visible,
// get_by_key O(log n); list, count O(1); publish O(what changed). Many at once
// cost a fraction of as many one by one.
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
  /// `local`: its presences are indexed by actor too.
  slice_no open_slice(const replica_id&, bool local);
  /// No more inserts; its number is reused once all its records are gone.
  void close_slice(slice_no);

  // -- writer: presences
  /// The caller has looked `find` up: (topic, key, actor) is not in that slice.
  /// `visible`: shown by list, get_by_key and count; hidden ones by dirty_list only.
  /// Not when `nearly_full` was said before the step began.
  handle insert(slice_no, const birth&, bool visible);
  /// The same in one search, for a slice of which all is visible: 0, and nothing is
  /// changed, if it is there.
  handle insert_new(slice_no, const birth&);
  /// Nearly 32 GiB are held: begin nothing that inserts. What has begun can be
  /// finished: there is room for some frames still.
  bool nearly_full() const noexcept;
  void erase(handle);
  void set_visible(handle, bool);
  handle find(slice_no, std::string_view topic, std::string_view key, std::uint64_t actor) const;
  /// First of the presences of a local actor, and the next: for untrack(pid).
  handle first_of_actor(std::uint64_t actor) const;
  handle next_of_actor(handle) const;
  std::size_t count_of_actor(std::uint64_t actor) const;

  // -- writer: many presences at once (tree_batch.hpp)
  /// As above, but the trees are changed by `carry_out`, all in one go; what is
  /// looked up before that may show either. `insert_later` is for slices that
  /// are not local.
  handle insert_later(slice_no, const birth&, bool visible);
  void erase_later(handle);
  void set_visible_later(handle, bool);
  /// What was to be inserted and was there already, in the tree that it was to
  /// be in, is not inserted but named in `left_out`: to be looked at and given
  /// to `discard`.
  void carry_out(std::vector<handle>& left_out);
  void discard(handle);
  /// `find`, only among those that are visible, or not.
  handle find_among(bool visible, slice_no, std::string_view topic, std::string_view key,
                    std::uint64_t actor) const;
  void fetch(handle) const noexcept; ///< into the cache: it will be looked at soon

  presence_view view(handle) const;
  bool visible(handle) const noexcept;
  slice_no slice_of(handle) const noexcept;
  dot dot_of(handle) const noexcept;
  birth as_birth(handle) const;
  void describe(handle, birth& fresh) const; ///< the same where it is to stand, for many

  /// Makes all changes since the last one visible to readers, and frees what
  /// nobody can see any more: a bounded amount per call, so call it now and then
  /// even when nothing changed.
  void publish();

  std::size_t size() const noexcept;                    ///< all slices, visible or not
  std::size_t topic_size(std::string_view topic) const; ///< visible and hidden
  std::size_t memory_bytes() const noexcept;            ///< held by records and indexes
  /// Records, nodes, topics and snapshots in memory, and the lists of what is to
  /// go: nothing but what is shown now, or by a list that is held, some
  /// `publish` after the last change.
  std::size_t objects() const noexcept;
  std::size_t cost_of_slice(slice_no) const noexcept; ///< of its presences: record::cost
  std::size_t cost_of(handle) const noexcept;
  std::size_t slices_in_use() const noexcept; ///< open, or with records in memory
  bool sound() const;                         ///< every invariant of the indexes, for tests. O(n)

  // -- readers: any thread, at any time
  presence_list list(std::string_view topic) const;
  presence_list get_by_key(std::string_view topic, std::string_view key) const;
  std::size_t count(std::string_view topic) const;
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
