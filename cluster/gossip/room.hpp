// The part of room.cpp that local operations call.
#pragma once

#include "cluster/gossip/impl.hpp"

namespace rollcall::cluster {

/// True unless a canary is built in: hidden replicas are evicted for living ones.
bool makes_room() noexcept;

/// Runs the operation. If a limit refuses it while presences of actors that died are
/// still to be untracked, these go first. If a limit on all presences refuses it, evicts a replica
/// that is not up and tries again.
template <class Operation>
errc gossip::impl::with_room(std::string_view topic, Operation op) {
  auto code = op();
  int pieces = 64; // each frees a batch
  for (; code == errc::limit_reached && pieces > 0 && !untracks.empty(); --pieces) {
    untrack_piece();
    code = op();
  }
  while (code == errc::limit_reached && pieces > 0 && st.full(topic) && makes_room()
         && (st.sweeping() || evict_presences())) {
    for (; pieces > 0 && st.sweeping() && st.full(topic); --pieces) sweep_piece();
    code = op();
  }
  return code;
}

} // namespace rollcall::cluster
