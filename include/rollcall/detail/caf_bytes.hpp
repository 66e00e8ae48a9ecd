// Reads and writes a whole message, on CAF 0.17 and 1.x. Not part of caf_compat.hpp, since
// few files need CAF's serializers.
#pragma once

#include "rollcall/detail/caf_compat.hpp"

#include <caf/binary_deserializer.hpp>
#include <caf/binary_serializer.hpp>
#if !ROLLCALL_CAF_0
#  include <caf/byte_buffer.hpp>
#endif

#include <vector>

namespace rollcall::compat {

inline std::optional<std::string> save_message(caf::actor_system& system, const caf::message& x) {
#if ROLLCALL_CAF_0
  std::vector<char> bytes;
  caf::binary_serializer sink{system, bytes};
  if (x.save(sink)) return std::nullopt;
  return std::string{bytes.begin(), bytes.end()};
#else
  caf::byte_buffer bytes;
  caf::binary_serializer sink{system, bytes};
  if (!sink.apply(x)) return std::nullopt;
  return std::string{reinterpret_cast<const char*>(bytes.data()), bytes.size()};
#endif
}

inline std::optional<caf::message> load_message(caf::actor_system& system, std::string_view bytes) {
  caf::message x;
#if ROLLCALL_CAF_0
  caf::binary_deserializer source{system, bytes.data(), bytes.size()};
  if (x.load(source)) return std::nullopt;
#else
  caf::binary_deserializer source{
      system, caf::const_byte_span{reinterpret_cast<const std::byte*>(bytes.data()), bytes.size()}};
  if (!source.apply(x)) return std::nullopt;
#endif
  if (source.remaining() != 0) return std::nullopt;
  return x;
}

} // namespace rollcall::compat
