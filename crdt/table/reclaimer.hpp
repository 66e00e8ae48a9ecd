// Frees what no reader can see any more, in small pieces.
//
// A node or record that is removed from a topic's trees was in the snapshot that
// was current at that time, and in a run of older ones. It becomes garbage of
// that snapshot. When a snapshot is freed, its garbage is examined: what the next
// older snapshot in memory shows as well becomes garbage of that one, the rest is
// freed (as the dead lists of ZFS). For a node its version of birth tells whether
// an older snapshot has it; a record is looked up there. So a list that is held
// for an hour keeps alive what it shows and nothing else, and while nobody holds
// an old list, nothing is looked up.
//
// A snapshot is freed in two steps. When it is replaced, a reader inside the gate
// may still be about to pin it, so it waits for the epoch to end. Then it is
// marked retired. If it has no pins, it is freed at once; else the reader that
// removes the last pin pushes it on a stack, from which the writer takes it at
// the next `collect`. Readers never free, and nothing is searched for.
//
// `close` ends the table while lists may still be held: what they show stays
// alive, and the last of them frees the core.
//
// Thread-safety: writer only, except `unpinned`.
#pragma once

#include "crdt/table/reader_gate.hpp"
#include "crdt/table/slice_table.hpp"
#include "crdt/table/snapshot.hpp"

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <vector>

namespace rollcall::crdt {

// Members that readers write have a cache line of their own.
class reclaimer { // NOLINT(clang-analyzer-optin.performance.Padding)
public:
  reclaimer(arena& mem, reader_gate& gate, slice_table& slices) noexcept
      : mem_(mem), gate_(gate), slices_(slices) {}
  ~reclaimer();
  reclaimer(const reclaimer&) = delete;
  reclaimer& operator=(const reclaimer&) = delete;

  // Objects that readers can no longer reach from now on.
  void retire_snapshot(handle h) { filling_.push_back({what::snapshot, h, nullptr}); }
  void retire_record(handle h) { filling_.push_back({what::record, h, nullptr}); }
  void retire_topic(handle h) { filling_.push_back({what::topic, h, nullptr}); }
  void retire_block(void* p) { filling_.push_back({what::block, 0, p}); } ///< of handle_index

  /// Frees at most `budget` objects, none of which was retired since the last
  /// call.
  void collect(std::size_t budget);
  std::size_t held() const noexcept { return held_; } ///< retired snapshots that lists hold
  std::size_t bytes_held() const noexcept;

  /// Any thread: a retired snapshot lost its last pin. Returns true if the table
  /// has ended and this was the last held snapshot: the caller destroys the core.
  bool unpinned(snapshot&) noexcept;
  /// Ends the table. `current` is given a function to call for each published
  /// snapshot. Returns true if no list is held: the caller destroys the core.
  template <class ForEachPublished>
  bool close(ForEachPublished&& for_each) {
    for_each([this](snapshot& s) { held_ += retire_now(s) ? 0u : 1u; });
    return close();
  }

private:
  enum class what : std::uint8_t { snapshot, record, topic, block };
  struct retired {
    what kind;
    handle object;
    void* block;
  };
  static constexpr handle closed = ~handle{0}; // in place of the head of the stack

  static bool retire_now(snapshot& s) noexcept {
    return s.pins.fetch_or(snapshot::retired, std::memory_order_acq_rel) == 0;
  }
  bool close() noexcept;
  void pass_epoch();
  void take_unpinned() noexcept;
  void free_ripe(const retired&) noexcept;
  std::size_t release_some(std::size_t budget) noexcept;
  void end_release(snapshot&) noexcept;
  void free_record(handle) noexcept;
  bool shows(const snapshot&, handle record) const noexcept;

  arena& mem_;
  reader_gate& gate_;
  slice_table& slices_;
  std::vector<retired> filling_; // since the present epoch began
  std::vector<retired> waiting_; // in the one before: readers of it are still inside
  std::deque<retired> ripe_;     // out of reach
  handle unpinned_list_ = 0;     // taken off the stack
  handle releasing_ = 0;         // the snapshot whose garbage is being looked at
  std::size_t held_ = 0;
  alignas(64) std::atomic<handle> unpinned_{0}; // a stack through next_unpinned
  std::atomic<std::int64_t> orphans_{0};        // once closed: how many are held
};

} // namespace rollcall::crdt
