// Whether this machine knows the name localhost: a bare chroot may have no
// /etc/hosts. A test that needs it says loudly that it was skipped.
#pragma once

#include "test/catch.hpp"

#include <netdb.h>

namespace rollcall::test {

inline bool knows_localhost() {
  addrinfo* found = nullptr;
  if (::getaddrinfo("localhost", nullptr, nullptr, &found) != 0) {
    WARN("SKIPPED: this machine does not know the name localhost: give /etc/hosts a line for it");
    return false;
  }
  ::freeaddrinfo(found);
  return true;
}

} // namespace rollcall::test
