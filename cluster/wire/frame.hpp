// The frames of the gossip and their bytes.
//
// Four kinds, as in the original: heartbeat, pull, state, bye. A frame is one
// byte string of our own: magic, version, the lowest version that may read it,
// kind, checksum, then fields (tag, length, bytes). Fields that a reader does
// not know are skipped, frames of unknown kind are ignored and counted. All
// lengths are checked before any memory is taken; a frame that was damaged on
// its way is refused as a whole.
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

#ifdef ROLLCALL_WIRE_NEXT // test/upgrade builds a node of the version after this one
inline constexpr std::uint8_t wire_version = 2;
#else
inline constexpr std::uint8_t wire_version = 1;
#endif
inline constexpr std::uint8_t wire_version_min = 1;

using rollcall::frame_kind;
using rollcall::frame_kind_count;

/// Clocks by replica, in no particular order; each replica once.
using clock_list = std::vector<std::pair<replica_id, crdt::clock_value>>;

/// Where a `state` stands in its answer, or which piece a `pull` asks for.
struct answer_position {
  crdt::answer_id answer;
  std::uint32_t k = 0; ///< counted from 0
  bool last = false;   ///< of a state: no piece follows
};

struct frame {
  frame_kind kind = frame_kind::heartbeat;
  replica_id from;
  clock_list clocks;
  bool full_clocks = false; ///< heartbeat: all that the sender holds up, not its own clock only
  std::vector<crdt::delta> deltas;
  std::optional<answer_position> at; ///< every state has one
  /// The sender is going: its presences are to be shown for so long yet.
  std::optional<instant> drain{};
  /// A state has one, which nobody can foretell, and a pull repeats that of the
  /// last state that came from the receiver: so it was read. 0: none.
  std::uint64_t read_proof = 0;
  /// Heartbeat: the receiver's life begins more than a day ahead of the sender's
  /// clock, and is refused there.
  bool clock_ahead = false;
  /// What decoded views look into beside the bytes that were given: metas whose
  /// keys the frame carried once. Shared by copies of the frame.
  std::shared_ptr<const void> storage = nullptr;
  /// Heartbeat: over the clocks of all that the sender holds up (cluster/gossip/digest.hpp).
  std::optional<std::uint64_t> digest = std::nullopt;
  /// Heartbeat: the audit's sum of the sender's own slice, at its clock in `clocks`.
  std::optional<std::uint64_t> sum = std::nullopt;
};

/// Encodes; the deltas' views are read here and not kept.
std::string encode(const frame&);

/// Bytes that `encode` will need for this delta, closely and never less: for
/// cutting frames.
std::size_t encoded_size_bound(const crdt::birth&);

struct decoded {
  errc code = errc::none;    ///< none, bad_frame, unknown_version
  bool unknown_kind = false; ///< a kind of a later version: ignore it
  cluster::frame frame;      ///< views look into the bytes that were given, and into its storage
};

/// Decodes and checks everything: topics, keys and metas within their limits
/// and canonical, births ascending and within their delta. Never throws. Memory
/// is taken for what was read, never for what is claimed: three times the bytes
/// for frames of ours, about a hundred for those made to be worst.
decoded decode(std::string_view bytes, const limits&);

} // namespace rollcall::cluster
