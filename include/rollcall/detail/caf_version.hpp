// CAF's headers, and which series of CAF they are.
#pragma once

#include "rollcall/detail/caf_includes.hpp"

#include <string>

// CAF_VERSION is 1706 on 0.17.6 but 0100 on 1.1.0.
#if CAF_MAJOR_VERSION < 1
#  define ROLLCALL_CAF_0 1
#else
#  define ROLLCALL_CAF_0 0
#endif

namespace rollcall::compat {

/// Returns "0.17". Two middlemen understand each other only if this is equal.
inline std::string caf_release() {
  return std::to_string(CAF_MAJOR_VERSION) + "." + std::to_string(CAF_MINOR_VERSION);
}

} // namespace rollcall::compat
