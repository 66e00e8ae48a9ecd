// The parts of a table of presences. The core lives until the table and all
// lists of it are destroyed.
//
// An index maps the name of a topic to its `topic_state`, whose `published`
// member is the snapshot that readers use. A snapshot names the roots of two
// trees, whose leaves name the records, one for each presence. All of it lies in
// one arena and is named by 32-bit handles, except the index and the names of
// replicas.
//
//   name ──▶ topic_index ──▶ topic_state ──▶ snapshot ──▶ tree ──▶ record
//                              (writer's     (pinned by    (shared by    │
//                               roots)        lists)        snapshots)   ▼
//                                                                  slice_table
//
// The tree is the only index by topic and by key, and gives the order in which
// presences are listed. Local presences are also chained by actor.
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
  // Writer only.
  std::uint64_t version = 1; ///< under construction
  std::size_t records = 0;   ///< inserted and not erased
  std::size_t changes = 0;   ///< since the last publish
  handle changed_topics = 0; ///< list through next_changed
  handle last_topic = 0;     ///< last one looked up: often the next one as well

  static std::uint32_t hash_topic(std::string_view name) noexcept {
    return static_cast<std::uint32_t>(hash_bytes(name) >> 32);
  }
  /// Returns null if there is no such topic. Any thread; readers inside the gate.
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
