// The nine bytes that everything of ours on the wire begins with:
//
//     'R'  type  version  min reader  kind  checksum (4 bytes, little-endian)
//
// `type` tells frames, envelopes and hellos apart; `min reader` is the lowest
// version that can make sense of the body. These nine bytes and the checksum
// stay as they are in all versions, so that every version can at least tell
// damage from news. The checksum covers the head but itself, and the body.
//
// The checksum finds errors of memory, disks and careless proxies. It is no
// authentication: whoever can write bytes can write a checksum. That is the
// task of TLS.
#pragma once

#include "rollcall/errc.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

namespace rollcall::cluster {

enum class wire_type : char { frame = 'F', envelope = 'E', hello = 'H' };

inline constexpr std::size_t head_size = 9;
inline constexpr std::size_t checksum_at = 5;

/// The low 32 bits of XXH3-64 over `bytes`, with this seed.
std::uint32_t checksum(std::string_view bytes, std::uint64_t seed) noexcept;

/// Writes a head without its checksum to p (head_size bytes).
void put_head(char* p, wire_type, std::uint8_t version, std::uint8_t min_reader,
              std::uint8_t kind) noexcept;
/// Puts the checksum in: `bytes` is a head with all that follows. `uncovered`
/// is a part of it that has a checksum of its own and is left out.
void seal(char* bytes, std::size_t size, std::string_view uncovered = {}) noexcept;

struct opened {
  errc code = errc::bad_frame; ///< none, bad_frame; `unknown_version`: undamaged but not for us
  std::uint8_t version = 0;
  std::uint8_t min_reader = 0;
  std::uint8_t kind = 0;
  std::string_view body;
};
/// Checks the head and the checksum; `reader` is the version that we read.
/// `uncovered`: as in `seal`, a part of `bytes`.
opened open(std::string_view bytes, wire_type, std::uint8_t reader,
            std::string_view uncovered = {}) noexcept;

} // namespace rollcall::cluster
