// A topic and its snapshots.
//
// A topic has two trees, one of the presences that are shown and one of those
// that are hidden (of replicas held down). The writer works on roots of its own;
// `publish` makes a snapshot of them and replaces the one pointer that readers
// load. A snapshot never changes. A holder (a `presence_list`) counts in `pins`.
//
// The snapshots of a topic in memory form a chain, youngest first. What the writer
// removes from the trees after a snapshot was published is still shown by it, and
// perhaps by older ones: it is garbage of that snapshot (see reclaimer.hpp).
#pragma once

#include "crdt/table/record.hpp"

#include <atomic>
#include <cstdint>
#include <string_view>

namespace rollcall::crdt {

struct table_core;

struct snapshot {
  /// Number of holders; plus the bit `retired` once it is not the published one
  /// and no reader can be about to pin it. The holder that leaves only that bit
  /// tells the writer.
  std::atomic<std::uint32_t> pins{0};
  handle self = 0;
  std::uint64_t version = 0; ///< of the table; nodes born later are not in it
  table_core* core = nullptr;
  handle topic = 0;
  handle shown = 0;  ///< root
  handle hidden = 0; ///< root
  std::uint32_t shown_count = 0;
  std::uint32_t shown_twins = 0; ///< of those, how many follow one of the same key
  // Writer only.
  handle newer = 0;
  handle older = 0;
  handle garbage_nodes = 0; ///< lists (garbage_list.hpp)
  handle garbage_records = 0;
  handle next_unpinned = 0; ///< of whoever unpinned it last, then the writer's

  static constexpr std::uint32_t retired = std::uint32_t{1} << 31;

  void pin() noexcept { pins.fetch_add(1, std::memory_order_relaxed); }
  void unpin() noexcept;
};
static_assert(sizeof(snapshot) <= 64);

struct topic_state {
  std::atomic<snapshot*> published{nullptr};
  // Writer only.
  handle shown = 0; ///< roots under construction
  handle hidden = 0;
  std::uint32_t shown_count = 0;
  std::uint32_t hidden_count = 0;
  std::uint32_t shown_twins = 0; ///< as in the snapshot
  handle newest = 0;             ///< the chain of snapshots
  handle garbage_nodes = 0;      ///< of what is under construction: goes to `newest`
  handle garbage_records = 0;
  handle next_changed = 0;
  std::uint32_t hash = 0;
  std::uint16_t name_bytes = 0;
  bool changed = false; ///< since the last publish
  bool dead = false;    ///< empty and no longer in the index

  /// The name follows in memory.
  std::string_view name() const noexcept {
    return {reinterpret_cast<const char*>(this + 1), name_bytes};
  }
};

} // namespace rollcall::crdt
