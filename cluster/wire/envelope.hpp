// Addresses a frame to a shard on another node: {tracker, shard, payload}.
//
// The endpoint of a node gets envelopes from the links and hands each payload
// to the shard that it names. Same bytes as frames: head, then fields. The
// payload has a checksum of its own, so that of the envelope leaves it out.
#pragma once

#include "rollcall/errc.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace rollcall::cluster {

struct envelope {
  std::string_view tracker; ///< 1 to 256 bytes
  std::uint32_t shard = 0;  ///< below 4096
  std::string_view payload; ///< a frame, see cluster/wire/frame.hpp; not looked into here
};

std::string encode(const envelope&);

struct decoded_envelope {
  errc code = errc::bad_frame; ///< none, bad_frame, unknown_version
  cluster::envelope envelope;  ///< views look into the bytes that were given
};

/// Never throws, takes no memory. `max_payload`: longer ones are bad_frame.
decoded_envelope decode_envelope(std::string_view bytes,
                                 std::size_t max_payload = 64u * 1024 * 1024) noexcept;

} // namespace rollcall::cluster
