#include "crdt/table/slice_table.hpp"

namespace rollcall::crdt {

slice_no slice_table::open(const replica_id& id, bool local) {
  slice_no n;
  if (!free_.empty()) {
    n = free_.back();
    free_.pop_back();
  } else {
    n = next_++;
    auto& block = blocks_[block_of(n)];
    if (!block) {
      block = std::make_unique<entry[]>(first_block << block_of(n));
      free_.reserve(first_block << (block_of(n) + 1)); // so that freeing never allocates
    }
  }
  at(n) = entry{id, 0, 0, local, false};
  return n;
}

void slice_table::close(slice_no n) {
  assert(!at(n).closed);
  at(n).closed = true;
  if (at(n).records == 0) free(n);
}

void slice_table::drop_record(slice_no n) noexcept {
  auto& e = at(n);
  assert(e.records > 0);
  if (--e.records == 0 && e.closed) free(n);
}

void slice_table::free(slice_no n) noexcept {
  at(n) = entry{};
  free_.push_back(n);
}

std::size_t slice_table::bytes_held() const noexcept {
  auto bytes = free_.capacity() * sizeof(slice_no);
  for (std::size_t i = 0; i < blocks_.size(); ++i)
    if (blocks_[i]) bytes += (first_block << i) * sizeof(entry);
  return bytes;
}

} // namespace rollcall::crdt
