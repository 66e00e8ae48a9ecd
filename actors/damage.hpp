// For tests of the audit: damages a copy that a node holds, as bad memory would.
// No part of the library's interface.
#pragma once

#include "rollcall/tracker.hpp"

#include <string_view>

namespace rollcall::actors {

/// Flips a bit in the meta of a presence of that topic and key that another node owns.
/// Errors: nopresence if none is held, or its meta is empty.
/// Thread-safety: none towards threads that read that presence meanwhile.
expected<void> flip_a_bit(const tracker&, std::string_view topic, std::string_view key);

} // namespace rollcall::actors
