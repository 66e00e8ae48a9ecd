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

/// One for each frame: its tables grow from delta to delta.
class birth_reader {
public:
  explicit birth_reader(const limits& x) noexcept : limits_(x) {}

  /// Where the dots of a delta must lie, (lo, hi], and whose they are.
  struct bounds {
    crdt::dot lo = 0, hi = 0;
    incarnation slice;
  };
  /// Reads all births of one delta; false for any that is not as it must be.
  bool read(reader r, const bounds& within, std::vector<crdt::birth>& out);

  /// What the metas look into besides the frame's bytes; null when nothing.
  std::shared_ptr<const void> storage() const noexcept { return arena_; }

private:
  struct shape {
    std::string_view bytes; ///< count and keys
    std::uint64_t members = 0;
  };
  /// The birth before, on which the next one builds.
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
  /// A text, appended to the scratch; false when it is none.
  bool read_text(reader&, std::string_view before, std::size_t max);
  bool read_value(reader&, std::size_t member, const state&);
  /// Memory that stays; nullptr for more than a frame may take.
  char* room(std::size_t);
  /// A copy of the scratch that stays; empty when it is, or when there is no room.
  std::string_view keep_scratch();

  const limits& limits_;
  std::vector<std::string_view> topics_;
  std::vector<std::unique_ptr<shape>> shapes_; // states point at them
  std::vector<incarnation> incs_;
  std::shared_ptr<meta_arena> arena_;
  std::size_t births_ = 0; ///< of all deltas so far
  std::size_t built_left_ = format::max_built_bytes;
  std::size_t more_ = 0;                 ///< what the arena will probably be asked for
  text_builder scratch_;                 ///< the text or meta being put together
  std::vector<std::string_view> values_; ///< of the birth before, if it has that shape
  std::string_view unparted_;            ///< the same, when nobody has asked for them yet
  std::vector<std::size_t> values_at_;   ///< where they begin in the scratch
};

} // namespace rollcall::cluster
