// Reads the births of a frame's deltas (see cluster/wire/format.hpp).
#pragma once

#include "cluster/wire/bytes.hpp"
#include "cluster/wire/format.hpp"
#include "cluster/wire/meta_arena.hpp"
#include "cluster/wire/text.hpp"
#include "cluster/wire/text_builder.hpp"
#include "crdt/delta.hpp"
#include "rollcall/options.hpp"

#include <memory>
#include <string_view>
#include <vector>

namespace rollcall::cluster {

/// One object for each frame: its tables grow from delta to delta.
class birth_reader {
public:
  explicit birth_reader(const limits& x) noexcept : limits_(x) {}

  /// The range (lo, hi] that the dots of a delta must be in, and their incarnation.
  struct bounds {
    crdt::dot lo = 0, hi = 0;
    incarnation slice;
  };
  /// Reads all births of one delta. Returns false if one is malformed.
  bool read(reader r, const bounds& within, std::vector<crdt::birth>& out);

  /// The memory that metas refer to, besides the frame's bytes; null if there is none.
  std::shared_ptr<const void> storage() const noexcept { return arena_; }

private:
  struct shape {
    std::string_view bytes; ///< count and keys
    std::uint64_t members = 0;
  };
  /// The previous birth, which the next one refers to.
  struct state {
    crdt::dot dot = 0;
    std::string_view topic;
    std::uint64_t actor = 0;
    const shape* keys = nullptr;
    std::string_view key;
  };

  void read_topic(reader&, state&);
  void read_shape(reader&, state&);
  rollcall::ref read_ref(reader&, crdt::dot, const incarnation& slice);
  std::string_view read_raw(reader&);
  std::string_view read_values(reader&, const state&);
  std::string_view read_whole_values(const shape&, std::string_view);
  void part_values();
  void forget_values() {
    values_.clear();
    unparted_ = {};
  }
  std::string_view read_key(reader&, const state&);
  /// Reads a text and appends it to the scratch buffer. Returns false if it is malformed.
  bool read_text(reader&, std::string_view before, std::size_t max);
  bool read_value(reader&, std::size_t member, const state&);
  /// Allocates from the arena. Returns nullptr beyond the limit of a frame.
  char* room(std::size_t);
  /// Copies the scratch buffer to the arena. Returns an empty view if the buffer is empty, or
  /// beyond the limit.
  std::string_view keep_scratch();

  const limits& limits_;
  std::vector<std::string_view> topics_;
  std::vector<std::unique_ptr<shape>> shapes_; // states have pointers to them
  std::vector<incarnation> incs_;
  std::shared_ptr<meta_arena> arena_;
  std::size_t births_ = 0; ///< number in all deltas so far
  std::size_t built_left_ = format::max_built_bytes;
  std::size_t more_ = 0;                 ///< estimate of further allocations
  text_builder scratch_;                 ///< the text or meta being assembled
  std::vector<std::string_view> values_; ///< of the previous birth, if it has the same shape
  std::string_view unparted_;            ///< the same, not yet split into values
  std::vector<std::size_t> values_at_;   ///< their positions in the scratch buffer
};

} // namespace rollcall::cluster
