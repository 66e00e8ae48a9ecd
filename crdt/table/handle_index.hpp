// A hash index from 32-bit hashes to handles. It never pauses to grow, and can be
// read while it is written.
//
// Extendible hashing (Fagin, Nievergelt, Pippenger and Strong, 1979): the upper
// bits of the hash choose a segment through a directory; a segment is an open
// addressing table of at most 4096 slots, searched by the lower bits. A full
// segment doubles, and at 4096 slots splits in two, so that no insert moves more
// than 4096 slots (some 10 µs) or copies a directory of more than a pointer per
// some thousand entries. A slot holds the hash beside the handle, so that nearly
// every object that is compared is the one that is looked for, and moving a slot
// does not touch the object.
//
// Thread-safety: one writer; any thread may call `find`. Slots are atomic; segments
// and directories are replaced by publishing new ones, and the old ones go to
// the `retire` function, to be freed when no reader can be inside them.
#pragma once

#include "crdt/table/arena.hpp" // handle

#include <atomic>
#include <cstddef>
#include <cstdint>

namespace rollcall::crdt {

class handle_index {
public:
  /// How unlinked memory is released; must end in a call of `free_block`.
  struct retirement {
    void (*retire)(void* context, void* block); ///< null: free at once
    void* context;
  };

  handle_index() = default;
  explicit handle_index(retirement r) noexcept : retirement_(r) {}
  ~handle_index();
  handle_index(const handle_index&) = delete;
  handle_index& operator=(const handle_index&) = delete;

  /// Returns the handle with that hash for which `is` holds, or 0.
  template <class Predicate>
  handle find(std::uint32_t hash, Predicate&& is) const {
    auto* d = directory_.load(std::memory_order_acquire);
    if (!d) return 0;
    auto* s = d->at(hash).load(std::memory_order_acquire);
    if (!s) return 0;
    for (auto i = hash & s->mask;; i = (i + 1) & s->mask) {
      auto x = s->slots()[i].load(std::memory_order_acquire);
      if (x == empty_slot) return 0;
      auto h = static_cast<handle>(x);
      if (x >> 32 == hash && h != 0 && is(h)) return h;
    }
  }

  /// Calls f(handle) for each, in no order. Concurrent insertions and removals
  /// may be seen or not.
  template <class F>
  void for_each(F&& f) const {
    auto* d = directory_.load(std::memory_order_acquire);
    const segment* last = nullptr;
    for (std::size_t i = 0; d && i < d->size(); ++i) {
      auto* s = d->segments()[i].load(std::memory_order_acquire);
      if (!s || s == last) continue;
      last = s;
      for (std::size_t j = 0; j <= s->mask; ++j)
        if (auto h = static_cast<handle>(s->slots()[j].load(std::memory_order_acquire))) f(h);
    }
  }

  // -- writer
  void insert(std::uint32_t hash, handle); ///< requires that it is not in the index
  void erase(std::uint32_t hash, handle);  ///< requires that it is in the index
  void replace(std::uint32_t hash, handle old, handle by);
  std::size_t size() const noexcept { return size_; }
  std::size_t bytes_held() const noexcept { return bytes_; }

  static void free_block(void*) noexcept;

private:
  using slot = std::atomic<std::uint64_t>; // hash << 32 | handle
  static constexpr std::uint64_t empty_slot = 0;
  static constexpr std::uint64_t removed_slot = std::uint64_t{1} << 32; // no handle is 0
  static constexpr std::uint32_t min_slots = 8;
  static constexpr std::uint32_t max_slots = 4096;
  static constexpr unsigned max_depth = 20; // 20 + 12 bits are the whole hash

  struct segment {
    std::uint32_t mask;  // slots - 1
    std::uint32_t depth; // how many upper bits its hashes share
    std::uint32_t used;  // live and removed
    std::uint32_t live;
    slot* slots() noexcept { return reinterpret_cast<slot*>(this + 1); }
    const slot* slots() const noexcept { return reinterpret_cast<const slot*>(this + 1); }
  };

  struct directory {
    std::uint64_t depth; // 2^depth segments, some of them the same
    std::size_t size() const noexcept { return std::size_t{1} << depth; }
    std::atomic<segment*>* segments() noexcept {
      return reinterpret_cast<std::atomic<segment*>*>(this + 1);
    }
    std::size_t place(std::uint32_t hash) const noexcept {
      return static_cast<std::size_t>((std::uint64_t{hash} << depth) >> 32);
    }
    std::atomic<segment*>& at(std::uint32_t hash) noexcept { return segments()[place(hash)]; }
  };

  directory* make_directory(std::uint64_t depth);
  segment* make_segment(std::uint32_t slots, std::uint32_t depth);
  template <class T>
  void retire(T* block) noexcept;
  static void add(segment&, std::uint32_t hash, handle) noexcept;
  slot& find_slot(std::uint32_t hash, handle) const noexcept;
  void publish(std::uint32_t hash, std::uint32_t depth, segment*) noexcept;
  void make_room(std::uint32_t hash, segment&);
  void rebuild(std::uint32_t hash, segment&, std::uint32_t slots);
  void split(std::uint32_t hash, segment&);

  std::atomic<directory*> directory_{nullptr};
  retirement retirement_{nullptr, nullptr};
  std::size_t size_ = 0;
  std::size_t bytes_ = 0;
};

} // namespace rollcall::crdt
