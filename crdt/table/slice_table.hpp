// Maps the slice number of a record to its replica.
//
// A number is reused only when its slice is closed and no record of it is left in
// memory, including records that only an old snapshot shows. So a thousand
// replicas that came and went leave nothing behind.
//
// Thread-safety: one writer; any thread may ask for the replica of a record that
// it may read. Entries never move: they lie in blocks of 16, 32, 64 …
#pragma once

#include "crdt/table/record.hpp"
#include "rollcall/presence.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <memory>
#include <vector>

namespace rollcall::crdt {

class slice_table {
public:
  slice_no open(const replica_id&, bool local);
  void close(slice_no);

  const replica_id& replica(slice_no n) const noexcept { return at(n).replica; } ///< any thread
  bool local(slice_no n) const noexcept { return at(n).local; }
  /// Counts a record that was made; one that was freed.
  void add_record(slice_no n) noexcept { ++at(n).records; }
  void drop_record(slice_no n) noexcept;

  /// What its presences cost (record::cost): of those inserted and not erased,
  /// whether or not an old snapshot keeps more of them in memory.
  std::size_t cost(slice_no n) const noexcept { return at(n).cost; }
  void add_cost(slice_no n, std::size_t bytes) noexcept { at(n).cost += bytes; }
  void drop_cost(slice_no n, std::size_t bytes) noexcept { at(n).cost -= bytes; }

  std::size_t in_use() const noexcept { return next_ - 1 - free_.size(); }
  std::size_t bytes_held() const noexcept;

private:
  struct entry {
    replica_id replica;
    std::uint64_t records = 0;
    std::size_t cost = 0;
    bool local = false;
    bool closed = false;
  };
  static constexpr std::size_t first_block = 16;

  static std::size_t block_of(slice_no n) noexcept {
    return static_cast<std::size_t>(std::bit_width(n + (first_block - 1))) - 5;
  }
  entry& at(slice_no n) const noexcept {
    auto b = block_of(n);
    return blocks_[b][n + (first_block - 1) - (first_block << b)];
  }
  void free(slice_no) noexcept;

  std::array<std::unique_ptr<entry[]>, 28> blocks_;
  std::vector<slice_no> free_;
  slice_no next_ = 1;
};

} // namespace rollcall::crdt
