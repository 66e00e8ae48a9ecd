// Messages as bytes of ours: CAF's own form of them, which both sides know.
#include "rollcall/detail/caf_bytes.hpp"

#include <exception>

namespace rollcall::compat {

std::optional<std::string> message_bytes(caf::actor_system& system, const caf::message& x) {
  try {
    return save_message(system, x);
  } catch (const std::exception&) { // an `inspect` of the user's may throw
    return std::nullopt;
  }
}

std::optional<caf::message> message_of_bytes(caf::actor_system& system, std::string_view bytes) {
  try {
    return load_message(system, bytes);
  } catch (const std::exception&) { // lengths that no memory can hold
    return std::nullopt;
  }
}

} // namespace rollcall::compat
