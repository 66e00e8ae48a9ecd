// Text forms of identities, for logs and JSON.
#include "rollcall/presence.hpp"

#include <cinttypes>
#include <cstdio>

namespace rollcall {

std::string_view to_string(leave_reason x) noexcept {
  switch (x) {
  case leave_reason::untracked:
    return "untracked";
  case leave_reason::ended:
    return "ended";
  case leave_reason::updated:
    return "updated";
  case leave_reason::node_left:
    return "node_left";
  case leave_reason::moved:
    return "moved";
  case leave_reason::node_down:
    return "node_down";
  case leave_reason::superseded:
    return "superseded";
  }
  return "unknown";
}

std::string to_string(const incarnation& x) {
  char buf[48];
  auto n = std::snprintf(buf, sizeof buf, "%016" PRIu64 "-%016" PRIx64, x.start_us, x.salt);
  return {buf, static_cast<std::size_t>(n)};
}

std::string to_string(const ref& x) { return to_string(x.inc) + '-' + std::to_string(x.clock); }

std::string to_string(const pid& x) { return x.replica.name + '#' + std::to_string(x.actor); }

std::string to_string(const replica_id& x) { return x.name + '@' + to_string(x.inc); }

} // namespace rollcall
