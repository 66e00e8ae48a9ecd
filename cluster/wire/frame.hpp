// The frames that shards exchange, and their encoding.
//
// Four kinds, as in Phoenix.Tracker: heartbeat, pull, state, bye. A frame is one byte
// string: magic, version, the lowest version that can read it, kind, checksum, then fields
// (tag, length, bytes). Readers skip unknown fields, and ignore and count frames of unknown
// kind. All lengths are checked before memory is taken. A damaged frame is refused as a
// whole.
//
// Pure: no IO, no clock.
#pragma once

#include "base/instant.hpp"
#include "crdt/delta.hpp"
#include "rollcall/errc.hpp"
#include "rollcall/options.hpp"
#include "rollcall/stats.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace rollcall::cluster {

#ifdef ROLLCALL_WIRE_NEXT // test/upgrade builds a node of the next version
inline constexpr std::uint8_t wire_version = 2;
#else
inline constexpr std::uint8_t wire_version = 1;
#endif
inline constexpr std::uint8_t wire_version_min = 1;

using rollcall::frame_kind;
using rollcall::frame_kind_count;

/// Clocks by replica, in any order; each replica once.
using clock_list = std::vector<std::pair<replica_id, crdt::clock_value>>;

/// The position of a `state` in its answer, or the piece that a `pull` asks for.
struct answer_position {
  crdt::answer_id answer;
  std::uint32_t k = 0; ///< counted from 0
  bool last = false;   ///< in a state: no piece follows
};

struct frame {
  frame_kind kind = frame_kind::heartbeat;
  replica_id from;
  clock_list clocks;
  bool full_clocks =
      false; ///< heartbeat: clocks of all replicas that are up for the sender, not only its own
  std::vector<crdt::delta> deltas;
  std::optional<answer_position> at; ///< in every state
  /// The sender drains: its presences are shown for this time.
  std::optional<instant> drain{};
  /// An unpredictable number in a state. A pull repeats the number of the last state that
  /// came from the receiver, which proves that it was read. 0: none.
  std::uint64_t read_proof = 0;
  /// Heartbeat: the receiver's incarnation is more than a day ahead of the sender's clock;
  /// the sender refuses its frames.
  bool clock_ahead = false;
  /// The memory that decoded views refer to, besides the input: metas whose keys the frame
  /// contains only once. Shared by copies of the frame.
  std::shared_ptr<const void> storage = nullptr;
  /// Heartbeat: digest of the clocks of all replicas that are up for the sender
  /// (cluster/gossip/digest.hpp).
  std::optional<std::uint64_t> digest = std::nullopt;
  /// Heartbeat: the audit's sum of the sender's own slice, at its clock in `clocks`.
  std::optional<std::uint64_t> sum = std::nullopt;
};

/// Encodes a frame. The views of the deltas need not outlive the call.
std::string encode(const frame&);

/// Returns an upper bound of the bytes that `encode` needs for this delta, close to the
/// actual size. Used to cut frames.
std::size_t encoded_size_bound(const crdt::birth&);

struct decoded {
  errc code = errc::none;    ///< none, bad_frame, unknown_version
  bool unknown_kind = false; ///< a kind of a later version: ignore the frame
  cluster::frame frame;      ///< views of the input and of its storage
};

/// Decodes and checks everything: topics, keys and metas are within their limits and
/// canonical, births ascend within their delta. Throws nothing. Memory is taken for values
/// that were read, not for claimed lengths: three times the size of a normal frame, about a
/// hundred times that of a malicious one.
decoded decode(std::string_view bytes, const limits&);

} // namespace rollcall::cluster
