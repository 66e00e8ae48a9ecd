#include "rollcall/cluster_state.hpp"

namespace rollcall {

std::string_view to_string(peer_state x) noexcept {
  switch (x) {
  case peer_state::up:
    return "up";
  case peer_state::dialing:
    return "dialing";
  case peer_state::handshaking:
    return "handshaking";
  case peer_state::looking_up:
    return "looking_up";
  case peer_state::waiting:
    return "waiting";
  }
  return "unknown";
}

std::string to_string(cluster_event_kind x) {
  switch (x) {
  case cluster_event_kind::peer_up:
    return "peer_up";
  case cluster_event_kind::peer_down:
    return "peer_down";
  case cluster_event_kind::refused:
    return "refused";
  case cluster_event_kind::warning:
    return "warning";
  case cluster_event_kind::resolved:
    return "resolved";
  case cluster_event_kind::name_lost:
    return "name_lost";
  case cluster_event_kind::fatal:
    return "fatal";
  }
  return "unknown";
}

} // namespace rollcall
