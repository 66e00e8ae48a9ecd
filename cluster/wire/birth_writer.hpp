// Writes the births of a frame's deltas (see cluster/wire/format.hpp). Each birth takes only a
// few short copies.
#pragma once

#include "cluster/wire/raw_writer.hpp"
#include "cluster/wire/tables.hpp"
#include "cluster/wire/text.hpp"
#include "crdt/delta.hpp"

#include <string_view>
#include <vector>

namespace rollcall::cluster {

inline constexpr std::size_t max_index_bytes = 5; ///< 2^35 entries, more than a frame can have
/// Longest encoding of a ref.
inline constexpr std::size_t max_ref_bytes =
    1 + max_index_bytes + crdt::max_varint_bytes + 8 + crdt::max_varint_bytes;

/// One object for each frame: its tables grow from delta to delta.
class birth_writer : raw_writer {
public:
  /// Deltas of heartbeats must be fast; answers to pulls may be large, and are packed.
  explicit birth_writer(bool packs) noexcept : packs_(packs) {}

  /// Writes all births of one delta at p, and returns the end. Requires dots above `last`,
  /// and space of `room` for each birth and for their count.
  char* write(char* p, const std::vector<crdt::birth>& adds, crdt::dot last,
              const incarnation& slice);
  /// The same as encoded_size_bound, less exact and faster.
  static std::size_t room(const crdt::birth& b) noexcept {
    return 64 + b.topic.size() + b.key.size() + b.meta.size()
           + (b.ref || b.prev_ref ? 2 * max_ref_bytes : 0);
  }

private:
  /// A value of the previous birth, and its text if it is a string.
  struct column {
    std::string_view value;
    std::string_view text;
    number_tail number;
  };

  unsigned meta(std::string_view x, std::string_view& shape);
  void ref(const rollcall::ref&, crdt::dot, const incarnation& slice);
  void plain(std::string_view);
  /// Returns false, and writes nothing, if this would not save bytes.
  bool packed(std::string_view x, const number_tail& n, std::string_view before,
              const number_tail& m);
  void key(std::string_view);
  void values(std::string_view all, std::string_view shape);
  void value(std::string_view x, column& before);

  string_table topics_, shapes_;
  std::vector<incarnation> incs_;
  // For packing: values of the previous birth.
  const bool packs_;
  std::string_view key_;
  number_tail key_number_;
  std::vector<column> values_;
};

} // namespace rollcall::cluster
