// The nine bytes at the begin of every frame, envelope and hello:
//
//     'R'  type  version  min reader  kind  checksum (4 bytes, little-endian)
//
// `type` distinguishes frames, envelopes and hellos; `min reader` is the lowest version that
// can read the body. The head and the checksum are the same in all versions, so that every
// version can distinguish damaged data from a later version. The checksum covers the head,
// except itself, and the body.
//
// The checksum detects errors of memory, disks and proxies. It is no authentication, which is
// the task of TLS.
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

/// Returns the low 32 bits of XXH3-64 over `bytes`, with this seed.
std::uint32_t checksum(std::string_view bytes, std::uint64_t seed) noexcept;

/// Writes a head without its checksum to p (head_size bytes).
void put_head(char* p, wire_type, std::uint8_t version, std::uint8_t min_reader,
              std::uint8_t kind) noexcept;
/// Sets the checksum. `bytes`: a head and all that follows it. `uncovered`: a part of it that
/// has a checksum of its own and is not covered.
void seal(char* bytes, std::size_t size, std::string_view uncovered = {}) noexcept;

struct opened {
  errc code = errc::bad_frame; ///< none, bad_frame, or unknown_version if it is undamaged
  std::uint8_t version = 0;
  std::uint8_t min_reader = 0;
  std::uint8_t kind = 0;
  std::string_view body;
};
/// Checks the head and the checksum. `reader`: the version of this reader. `uncovered`: as in
/// `seal`.
opened open(std::string_view bytes, wire_type, std::uint8_t reader,
            std::string_view uncovered = {}) noexcept;

} // namespace rollcall::cluster
