#include "cluster/wire/head.hpp"

#include "base/canary.hpp"
#include "base/varint.hpp"

#include <cassert>
#include <cstring>

namespace rollcall::cluster {

namespace {

constexpr std::uint64_t odd = 0x9E3779B97F4A7C15ull; // 2^64 / golden ratio

std::uint64_t mix(std::uint64_t lane, std::uint64_t word) noexcept {
  lane = (lane ^ word) * odd;
  return lane ^ (lane >> 32);
}

std::uint64_t seed_of(const char* head, std::size_t size) noexcept {
  std::uint64_t x = size;
  for (int i = 0; i < 5; ++i) x = x * 257 + static_cast<unsigned char>(head[i]);
  return x;
}

} // namespace

std::uint32_t checksum(std::string_view bytes, std::uint64_t seed) noexcept {
  auto p = bytes.data();
  auto n = bytes.size();
  std::uint64_t lanes[4] = {seed, seed + odd, seed + 2 * odd, seed + 3 * odd};
  for (; n >= 32; p += 32, n -= 32)
    for (std::size_t i = 0; i < 4; ++i) lanes[i] = mix(lanes[i], crdt::load_le64(p + 8 * i));
  auto h = lanes[0];
  for (; n >= 8; p += 8, n -= 8) h = mix(h, crdt::load_le64(p));
  char rest[8] = {};
  if (n > 0) std::memcpy(rest, p, n);
  h = mix(h, crdt::load_le64(rest));
  for (std::size_t i = 1; i < 4; ++i) h = mix(h, lanes[i]);
  h = mix(h, bytes.size());
  return static_cast<std::uint32_t>(h ^ (h >> 32));
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

void seal(char* bytes, std::size_t size) noexcept {
  assert(size >= head_size);
  auto sum = checksum({bytes + head_size, size - head_size}, seed_of(bytes, size));
  crdt::store_le32(bytes + 5, sum);
}

opened open(std::string_view bytes, wire_type type, std::uint8_t reader) noexcept {
  opened result;
  if (bytes.size() < head_size || bytes[0] != 'R' || bytes[1] != static_cast<char>(type))
    return result;
  auto body = bytes.substr(head_size);
  if (crdt::load_le32(bytes.data() + 5) != checksum(body, seed_of(bytes.data(), bytes.size()))
      && !canary(bug::checksum))
    return result;
  result.version = static_cast<std::uint8_t>(bytes[2]);
  result.min_reader = static_cast<std::uint8_t>(bytes[3]);
  result.kind = static_cast<std::uint8_t>(bytes[4]);
  if (result.min_reader > result.version) return result;
  result.code = result.min_reader > reader ? errc::unknown_version : errc::none;
  result.body = body;
  return result;
}

} // namespace rollcall::cluster
