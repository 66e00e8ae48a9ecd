// Failure detection: when each peer was heard last, and what follows.
//
// A peer is up at its first frame other than bye (a relayed mention is no sign of life),
// down after `down_period` of silence, permdown after `permdown_period`. This file has
// the rules of time only; the machine hides, shows and drops slices.
#pragma once

#include "base/instant.hpp"
#include "crdt/delta.hpp"
#include "rollcall/options.hpp"
#include "rollcall/presence.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace rollcall::cluster {

/// The life of a peer whose slice we hold.
struct peer_life {
  replica_id id;
  instant heard{0};                      ///< its last frame
  bool up = true;                        ///< otherwise its slice is hidden
  std::optional<instant> lease;          ///< it drains: its slice is shown until then
  bool lease_over = false;               ///< hidden, whether up or not
  crdt::clock_value announced_clock = 0; ///< the highest clock that the owner announced
};

/// The link to a node, if the shell told of one.
struct link_state {
  bool up = false;
  std::optional<instant> deadline; ///< with link_grace: down if the link is not back by then
};

enum class verdict : std::uint8_t { fine, down, permdown };

class liveness {
public:
  /// Expects the first tick at `first_tick`, the others a period apart.
  liveness(const tracker_options&, instant first_tick);

  /// Call at each tick. Returns the time to add to the last-heard time of every peer:
  /// time in which this node did not run is no silence of others.
  instant tick_came(instant now);
  /// Rule "late": a node that was suspended or starved must not declare its peers down
  /// before it has read the frames that queued meanwhile.
  static void forgive(peer_life&, instant lateness, instant now);

  verdict judge(const peer_life&, instant now) const;

  /// Silent ticks before an empty heartbeat. Rule "silence": at least three heartbeats
  /// per down_period, whatever max_silent_periods says. Otherwise one lost heartbeat is
  /// a false down, and an idle cluster may flap for ever.
  std::size_t silent_ticks() const noexcept { return silent_ticks_; }

  /// Call when the link is lost. Starts the grace period, if there is one.
  void link_lost(link_state&, instant now) const;
  /// Returns true if the grace of a lost link is over. If this call comes very late,
  /// this node did not run, nor did its side of the link: the grace starts again.
  bool grace_over(link_state&, instant now) const;

private:
  instant period_;
  instant down_;
  instant permdown_;
  std::optional<instant> grace_;
  std::size_t silent_ticks_;
  instant next_tick_;
};

} // namespace rollcall::cluster
