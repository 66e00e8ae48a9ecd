// Converts messages to bytes and back, in CAF's own format.
#include "rollcall/detail/caf_bytes.hpp"

#include <exception>

namespace rollcall::compat {

std::optional<std::string> message_bytes(caf::actor_system& system, const caf::message& x) {
  try {
    return save_message(system, x);
  } catch (const std::exception&) { // an `inspect` of the user may throw
    return std::nullopt;
  }
}

std::optional<caf::message> message_of_bytes(caf::actor_system& system, std::string_view bytes) {
  try {
    return load_message(system, bytes);
  } catch (const std::exception&) { // a length that exceeds the memory
    return std::nullopt;
  }
}

} // namespace rollcall::compat
