#include "cluster/wire/head.hpp"

#include "base/canary.hpp"
#include "base/hash.hpp"
#include "base/varint.hpp"

#define XXH_INLINE_ALL
#include <cassert>
#include <cstring>
#include <xxhash.h>

namespace rollcall::cluster {

namespace {

/// Computes the checksum of the head without the checksum, the total length, and the body
/// without `uncovered`.
std::uint32_t checksum_of(std::string_view all, std::string_view uncovered) noexcept {
  std::uint64_t seed = all.size();
  for (std::size_t i = 0; i < 5; ++i) seed = seed * 257 + static_cast<unsigned char>(all[i]);
  const auto body = all.substr(head_size);
  if (uncovered.empty()) return checksum(body, seed);
  const auto before = static_cast<std::size_t>(uncovered.data() - body.data());
  assert(before + uncovered.size() <= body.size());
  return checksum(body.substr(before + uncovered.size()), checksum(body.substr(0, before), seed));
}

} // namespace

std::uint32_t checksum(std::string_view bytes, std::uint64_t seed) noexcept {
  return static_cast<std::uint32_t>(crdt::stable_hash(bytes, seed));
}

void put_head(char* p, wire_type type, std::uint8_t version, std::uint8_t min_reader,
              std::uint8_t kind) noexcept {
  p[0] = 'R';
  p[1] = static_cast<char>(type);
  p[2] = static_cast<char>(version);
  p[3] = static_cast<char>(min_reader);
  p[4] = static_cast<char>(kind);
  std::memset(p + 5, 0, 4);
}

void seal(char* bytes, std::size_t size, std::string_view uncovered) noexcept {
  assert(size >= head_size);
  crdt::store_le32(bytes + 5, checksum_of({bytes, size}, uncovered));
}

opened open(std::string_view bytes, wire_type type, std::uint8_t reader,
            std::string_view uncovered) noexcept {
  opened result;
  if (bytes.size() < head_size || bytes[0] != 'R' || bytes[1] != static_cast<char>(type))
    return result;
  if (crdt::load_le32(bytes.data() + 5) != checksum_of(bytes, uncovered) && !canary(bug::checksum))
    return result;
  result.version = static_cast<std::uint8_t>(bytes[2]);
  result.min_reader = static_cast<std::uint8_t>(bytes[3]);
  result.kind = static_cast<std::uint8_t>(bytes[4]);
  if (result.min_reader > result.version) return result;
  result.code = result.min_reader > reader ? errc::unknown_version : errc::none;
  result.body = bytes.substr(head_size);
  return result;
}

} // namespace rollcall::cluster
