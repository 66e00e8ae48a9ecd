// Allocator of one table: many small objects, each named by a 32-bit handle.
// The indexes of a table consist of handles, which are half the size of pointers.
// Any thread resolves a handle with two loads.
//
// Layout: memory comes in slabs of up to 64 KiB, each for objects
// of one size class, with its free slots chained through themselves. A handle
// is the number of the slab (19 bits) and the distance into it in units of
// 8 bytes (13 bits), which makes 32 GiB. The numbers of the slabs lead to their
// addresses through a directory of two levels, which never moves. An object
// over 8 KiB gets a slab of its own. An empty slab goes back to the heap, except
// for one of each class, which is kept for the next allocation as long as its pool
// holds anything. The first slabs of a class are small, so that a small table
// stays small.
//
// A slab belongs to one pool. The presences of a slice have a pool of their own:
// when the slice is dropped, its slabs are empty and go back to the heap, whatever
// was allocated between its presences. Pool 0 has all other objects.
//
// Thread-safety: one writer allocates and frees. Any thread may call `at` for a
// handle that it read by an acquire load of what the writer released: the writer
// set the directory entry before, and does not change it until the slab is empty.
#pragma once

#include <array>
#include <cassert>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace rollcall::crdt {

/// Names an object in an arena, mostly a presence. 0 names nothing.
using handle = std::uint32_t;

/// Names objects that go together: the number of a slice, or 0.
using pool_no = std::uint32_t;

class arena {
public:
  arena() = default;
  ~arena();
  arena(const arena&) = delete;
  arena& operator=(const arena&) = delete;

  /// Uninitialized, aligned to 8 bytes; to 64 when `bytes` is a multiple of 64
  /// up to 1 KiB. Precondition: `nearly_full` was false when the change began.
  /// Returns a handle that is not 0.
  handle allocate(std::size_t bytes, pool_no owner = 0);
  void free(handle) noexcept;

  template <class T>
  T* at(handle h) const noexcept {
    return reinterpret_cast<T*>(base(h) + (h & granule_mask) * granule);
  }

  /// Prefetches an object by a plain load whose result is unused. The prefetch
  /// instruction is dropped when the page is not in the TLB, which is exactly the
  /// case that costs most.
  void touch(handle h, std::size_t offset = 0) const noexcept {
    static_cast<void>(at<const volatile char>(h)[offset]);
  }

  /// True when fewer than 1024 slabs can still be made.
  bool nearly_full() const noexcept;
  std::size_t bytes_held() const noexcept { return bytes_held_; } ///< from the heap
  std::size_t objects() const noexcept { return objects_; }       ///< allocated and not freed

  /// Returns the size of the slot that an object of `bytes` occupies.
  static std::size_t rounded(std::size_t bytes) noexcept;

private:
  static constexpr std::size_t granule = 8;
  static constexpr unsigned granule_bits = 13; // of a handle: place in the slab
  static constexpr unsigned leaf_bits = 10;    // of a slab's number: place in a leaf
  static constexpr unsigned top_bits = 9;
  static constexpr handle granule_mask = (handle{1} << granule_bits) - 1;
  static constexpr std::uint32_t leaf_mask = (1u << leaf_bits) - 1;
  static constexpr std::uint32_t max_slabs = 1u << (leaf_bits + top_bits);
  static constexpr std::size_t max_slab_bytes = granule << granule_bits;
  static constexpr std::size_t max_small = 8192;
  static constexpr std::size_t size_classes = 72;

  struct slab; // stands at the head of its own memory
  struct size_class {
    std::uint32_t open = 0;  // slabs with free slots, a doubly linked list
    std::uint32_t slabs = 0; // all
    std::uint32_t empty = 0; // of which nothing is used: 0 or 1
  };
  struct pool {
    std::array<size_class, size_classes> of;
    std::size_t objects = 0; // without those that have a slab of their own
  };

  static std::size_t class_of(std::size_t bytes) noexcept;
  static std::size_t bytes_of(std::size_t size_class) noexcept;

  std::byte* base(handle h) const noexcept {
    auto n = h >> granule_bits;
    return directory_[n >> leaf_bits][n & leaf_mask];
  }
  slab* slab_at(std::uint32_t number) const noexcept;
  std::uint32_t make_slab(std::size_t bytes);
  void free_slab(std::uint32_t number) noexcept;
  pool& pool_at(pool_no);
  static std::size_t next_slab_bytes(pool_no, const size_class&, std::size_t object) noexcept;
  void free_empty_slabs(pool&) noexcept;
  void link(std::uint32_t number, slab&) noexcept;
  void unlink(slab&) noexcept;

  std::array<std::unique_ptr<std::byte*[]>, 1u << top_bits> directory_;
  std::vector<std::unique_ptr<pool>> pools_;
  std::vector<std::uint32_t> free_numbers_;
  std::uint32_t next_number_ = 1; // so that no handle is 0
  std::size_t bytes_held_ = sizeof(directory_);
  std::size_t objects_ = 0;
};

} // namespace rollcall::crdt
