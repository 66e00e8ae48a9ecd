// Bytes with a right head and checksum around them: a fuzzer cannot guess one.
#pragma once

#include "cluster/wire/head.hpp"
#include "test/fuzz/target.hpp"

#include <string>
#include <string_view>

namespace rollcall::fuzz {

inline std::string sealed(cluster::wire_type type, std::uint8_t kind, std::string_view body,
                          std::uint8_t version = 1, std::uint8_t min_reader = 1) {
  std::string bytes(cluster::head_size, '\0');
  cluster::put_head(bytes.data(), type, version, min_reader, kind);
  bytes += body;
  cluster::seal(bytes.data(), bytes.size());
  return bytes;
}

} // namespace rollcall::fuzz
