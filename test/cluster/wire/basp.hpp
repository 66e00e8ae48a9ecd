// Messages of CAF's protocol, right or wrong, for tests: as CAF 0.17 writes them.
#pragma once

#include "cluster/wire/basp_check.hpp"

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

namespace rollcall::cluster::test {

enum basp_operation : std::uint8_t {
  server_handshake,
  client_handshake,
  direct_message,
  routed_message,
  monitor_message,
  down_message,
  heartbeat,
};

inline std::string big_endian(std::uint64_t x, unsigned bytes) {
  std::string out;
  for (unsigned i = bytes; i-- > 0;) out.push_back(static_cast<char>(x >> (8 * i)));
  return out;
}

struct basp_head {
  std::uint8_t operation = heartbeat;
  std::uint8_t flags = 0;
  std::uint32_t payload = 0;
  std::uint64_t data = 0;
  std::uint64_t source = 0;
  std::uint64_t dest = 0;
};

inline std::string bytes_of(const basp_head& x) {
  std::string out;
  out.push_back(static_cast<char>(x.operation));
  out += std::string(2, '\0');
  out.push_back(static_cast<char>(x.flags));
  return out + big_endian(x.payload, 4) + big_endian(x.data, 8) + big_endian(x.source, 8)
         + big_endian(x.dest, 8);
}

inline std::string message(basp_head x, std::string_view payload) {
  x.payload = static_cast<std::uint32_t>(payload.size());
  return bytes_of(x).append(payload);
}

/// A length as CAF writes it.
inline std::string length(std::size_t n) {
  std::string out;
  for (; n > 0x7f; n >>= 7) out.push_back(static_cast<char>((n & 0x7f) | 0x80));
  out.push_back(static_cast<char>(n));
  return out;
}

/// No forwarding stack, then types by name: "@str", "@str+@u64".
inline std::string typed(std::string_view types) {
  const auto name = types.empty() ? std::string{"@<>"} : "@<>+" + std::string{types};
  return std::string(3, '\0') + length(name.size()) + name;
}

inline std::string text_message(std::string_view text) {
  return typed("@str") + length(text.size()).append(text);
}

} // namespace rollcall::cluster::test
