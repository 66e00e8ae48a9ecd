// An envelope addresses a frame to a shard on another node: {tracker, shard, payload}.
//
// The endpoint of a node gets envelopes from the links and delivers each payload to the
// named shard. The encoding is that of frames: head, then fields. The payload has a checksum
// of its own, so the checksum of the envelope does not cover it.
#pragma once

#include "rollcall/errc.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace rollcall::cluster {

struct envelope {
  std::string_view tracker; ///< 1 to max_name_bytes bytes
  std::uint32_t shard = 0;  ///< below 4096
  std::string_view payload; ///< a frame, see cluster/wire/frame.hpp; not checked here
};

std::string encode(const envelope&);

struct decoded_envelope {
  errc code = errc::bad_frame; ///< none, bad_frame, unknown_version
  cluster::envelope envelope;  ///< views of the input
};

/// Throws nothing, allocates nothing. A payload longer than `max_payload` is bad_frame.
decoded_envelope decode_envelope(std::string_view bytes,
                                 std::size_t max_payload = 64u * 1024 * 1024) noexcept;

} // namespace rollcall::cluster
