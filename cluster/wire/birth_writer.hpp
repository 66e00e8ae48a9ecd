// Writes the births of a frame's deltas (see cluster/wire/format.hpp): a handful of
// short copies each.
#pragma once

#include "cluster/wire/raw_writer.hpp"
#include "cluster/wire/tables.hpp"
#include "cluster/wire/text.hpp"
#include "crdt/delta.hpp"

#include <string_view>
#include <vector>

namespace rollcall::cluster {

inline constexpr std::size_t max_index_bytes = 5; ///< 2^35 entries: no frame has more
/// What a ref takes at most.
inline constexpr std::size_t max_ref_bytes =
    1 + max_index_bytes + crdt::max_varint_bytes + 8 + crdt::max_varint_bytes;

/// One for each frame: its tables grow from delta to delta.
class birth_writer : raw_writer {
public:
  /// What is pushed must be quick; what is pulled may be large, and is packed.
  explicit birth_writer(bool packs) noexcept : packs_(packs) {}

  /// All births of one delta, whose dots are above `last`, at p; the end of it.
  /// There is `room` for each, and for their number.
  char* write(char* p, const std::vector<crdt::birth>& adds, crdt::dot last,
              const incarnation& slice);
  /// As encoded_size_bound, less closely and faster.
  static std::size_t room(const crdt::birth& b) noexcept {
    return 64 + b.topic.size() + b.key.size() + b.meta.size()
           + (b.ref || b.prev_ref ? 2 * max_ref_bytes : 0);
  }

private:
  /// A value of the birth before; what it is as a text, if it is one.
  struct column {
    std::string_view value;
    std::string_view text;
    number_tail number;
  };

  unsigned meta(std::string_view x, std::string_view& shape);
  void ref(const rollcall::ref&, crdt::dot, const incarnation& slice);
  void plain(std::string_view);
  /// False, and nothing is written, when nothing is to be gained.
  bool packed(std::string_view x, const number_tail& n, std::string_view before,
              const number_tail& m);
  void key(std::string_view);
  void values(std::string_view all, std::string_view shape);
  void value(std::string_view x, column& before);

  string_table topics_, shapes_;
  std::vector<incarnation> incs_;
  // When packing: of the birth before.
  const bool packs_;
  std::string_view key_;
  number_tail key_number_;
  std::vector<column> values_;
};

} // namespace rollcall::cluster
