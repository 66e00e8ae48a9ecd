// Maps a local actor to its presences, for `untrack(actor)`.
//
// Actor -> the first record of a chain through the records themselves
// (actor_links), doubly linked, so that an actor with a million presences loses
// one as quickly as an actor with two.
//
// Thread-safety: writer only.
#pragma once

#include "base/hash.hpp"
#include "crdt/table/handle_index.hpp"
#include "crdt/table/record.hpp"

namespace rollcall::crdt {

class actor_index {
public:
  explicit actor_index(arena& mem) noexcept : mem_(mem) {}

  void add(handle);
  void remove(handle);
  handle first(std::uint64_t actor) const {
    return heads_.find(hash(actor), [&](handle h) { return at(h).actor == actor; });
  }
  handle next(handle h) const { return at(h).links().next; }
  std::size_t count(std::uint64_t actor) const {
    auto h = first(actor);
    return h ? at(h).links().prev : 0;
  }
  std::size_t bytes_held() const noexcept { return heads_.bytes_held(); }

private:
  record& at(handle h) const noexcept { return *mem_.at<record>(h); }
  static std::uint32_t hash(std::uint64_t actor) noexcept {
    return static_cast<std::uint32_t>(hash_number(actor) >> 32);
  }

  arena& mem_;
  handle_index heads_;
};

} // namespace rollcall::crdt
