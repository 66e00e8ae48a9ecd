// What a table of presences consists of. It outlives the table as long as
// somebody holds a list of it.
//
// From the top: an index leads from the name of a topic to its `topic_state`,
// whose `published` is the snapshot that readers take. A snapshot names the
// roots of two trees, whose leaves name the records, one for each presence.
// Everything lies in one arena and is named by 32-bit handles, but for the
// index and the replicas' names.
//
//   name ──▶ topic_index ──▶ topic_state ──▶ snapshot ──▶ tree ──▶ record
//                              (writer's     (pinned by    (shared by    │
//                               roots)        lists)        snapshots)   ▼
//                                                                  slice_table
//
// There is no other index by topic or by key: the tree is both, and the order
// in which presences are listed. Local presences are also chained by actor.
#pragma once

#include "base/hash.hpp"
#include "crdt/table/actor_index.hpp"
#include "crdt/table/garbage_list.hpp"
#include "crdt/table/handle_index.hpp"
#include "crdt/table/reclaimer.hpp"
#include "crdt/table/snapshot.hpp"

#include <cstdint>
#include <string_view>

namespace rollcall::crdt {

struct table_core {
  arena memory;
  reader_gate gate;
  slice_table slices;
  reclaimer garbage{memory, gate, slices};
  handle_index topics{
      {[](void* self, void* block) { static_cast<table_core*>(self)->garbage.retire_block(block); },
       this}};
  actor_index actors{memory};
  // The writer's.
  std::uint64_t version = 1; ///< under construction
  std::size_t records = 0;   ///< inserted and not erased
  std::size_t changes = 0;   ///< since the last publish
  handle changed_topics = 0; ///< list through next_changed
  handle last_topic = 0;     ///< that was asked for: often the next one too

  static std::uint32_t hash_topic(std::string_view name) noexcept {
    return static_cast<std::uint32_t>(hash_bytes(name) >> 32);
  }
  /// Any thread (readers inside the gate); null when there is none.
  topic_state* find_topic(std::string_view name) const {
    auto h = find_topic(name, hash_topic(name));
    return h ? memory.at<topic_state>(h) : nullptr;
  }
  handle find_topic(std::string_view name, std::uint32_t hash) const {
    return topics.find(hash, [&](handle h) { return memory.at<topic_state>(h)->name() == name; });
  }
};

inline void snapshot::unpin() noexcept {
  if (pins.fetch_sub(1, std::memory_order_acq_rel) == (retired | 1)
      && core->garbage.unpinned(*this))
    delete core;
}

} // namespace rollcall::crdt
