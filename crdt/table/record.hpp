// The layout of one presence in memory: a header, optional parts, then the bytes
// of key and meta.
//
// What readers use is written once, before the record is published. What changes
// later (visibility, the chain of its actor) is used by the writer only and
// stands in words of its own.
#pragma once

#include "crdt/delta.hpp"
#include "crdt/table/arena.hpp"
#include "rollcall/presence.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>

namespace rollcall::crdt {

/// Number of a slice within the table. 0 names none.
using slice_no = std::uint32_t;

/// Doubly linked list of the presences of one local actor. `prev` of the first
/// element counts the elements.
struct actor_links {
  handle prev;
  handle next;
};

struct record {
  crdt::dot dot;
  std::uint64_t actor;
  handle topic;
  slice_no slice;
  std::uint32_t meta_bytes;
  std::uint16_t key_bytes;
  std::uint8_t layout; // which optional parts there are
  std::uint8_t state;  // writer only

  // layout
  static constexpr std::uint8_t has_links = 1; // of a local slice: actor_links
  static constexpr std::uint8_t has_ref = 2;   // not (incarnation of the slice, dot)
  static constexpr std::uint8_t has_prev = 4;
  // state
  static constexpr std::uint8_t is_visible = 1;
  static constexpr std::uint8_t is_first_of_actor = 2;
  static constexpr std::uint8_t is_taken =
      4; // over by another (view.hpp): hidden, though its slice is not

  static constexpr std::size_t header_bytes = 32;

  static constexpr std::size_t key_offset(std::uint8_t layout) noexcept {
    return header_bytes + ((layout & has_links) ? sizeof(actor_links) : 0)
           + ((layout & has_ref) ? sizeof(rollcall::ref) : 0)
           + ((layout & has_prev) ? sizeof(rollcall::ref) : 0);
  }
  static constexpr std::size_t bytes(std::uint8_t layout, std::size_t key, std::size_t meta) {
    return key_offset(layout) + key + meta;
  }

  /// What a presence counts for in limits::max_bytes_per_replica: the same at its
  /// owner and everywhere else.
  static constexpr std::size_t cost(std::size_t key, std::size_t meta) { return 64 + key + meta; }
  std::size_t cost() const noexcept { return cost(key_bytes, meta_bytes); }

  const char* raw() const noexcept { return reinterpret_cast<const char*>(this); }
  char* raw() noexcept { return reinterpret_cast<char*>(this); }

  std::string_view key() const noexcept { return {raw() + key_offset(layout), key_bytes}; }
  std::string_view meta() const noexcept {
    return {raw() + key_offset(layout) + key_bytes, meta_bytes};
  }
  actor_links& links() noexcept {
    assert(layout & has_links);
    return *reinterpret_cast<actor_links*>(raw() + header_bytes);
  }
  std::optional<rollcall::ref> own_ref() const noexcept {
    return (layout & has_ref) ? load_ref(layout & has_links) : std::nullopt;
  }
  std::optional<rollcall::ref> prev_ref() const noexcept {
    return (layout & has_prev) ? load_ref(layout & (has_links | has_ref)) : std::nullopt;
  }

  bool visible() const noexcept { return state & is_visible; }
  bool taken() const noexcept { return state & is_taken; }

private:
  /// The optional ref, which follows the parts given here.
  std::optional<rollcall::ref> load_ref(int before) const noexcept {
    rollcall::ref x;
    std::memcpy(&x, raw() + key_offset(static_cast<std::uint8_t>(before)), sizeof x);
    return x;
  }
};

static_assert(sizeof(record) == record::header_bytes);
static_assert(std::is_trivially_copyable_v<record> && std::is_trivially_copyable_v<rollcall::ref>);

} // namespace rollcall::crdt
