// The part of room.cpp that local operations call.
#pragma once

#include "base/canary.hpp"
#include "cluster/gossip/impl.hpp"

namespace rollcall::cluster {

/// Hidden presences make room: what a limit of all presences refuses is tried
/// again after the longest down has gone.
template <class Operation>
errc gossip::impl::with_room(std::string_view topic, Operation op) {
  auto code = op();
  while (code == errc::limit_reached && st.full(topic) && !canary(bug::dead_stay)
         && evict_longest_down()) {
    constexpr int most = 64; // pieces: of what is hidden each frees a batch
    for (int i = 0; i < most && st.sweeping() && st.full(topic); ++i) sweep_piece();
    code = op();
  }
  return code;
}

} // namespace rollcall::cluster
