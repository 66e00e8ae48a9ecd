// Who is alive: when each peer was last heard, and what follows from it.
//
// Up at the first frame of any kind but bye from itself (a relay is no sign of
// life); down after `down_period` of silence, permdown after `permdown_period`.
// Only rules about time stand here; what hiding, showing and dropping a slice
// means is the machine's.
#pragma once

#include "base/instant.hpp"
#include "crdt/delta.hpp"
#include "rollcall/options.hpp"
#include "rollcall/presence.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>

namespace rollcall::cluster {

/// The life of a peer that we hold a slice of.
struct peer_life {
  replica_id id;
  instant heard{0};                      ///< its last frame
  bool up = true;                        ///< else: its slice is hidden
  std::optional<instant> lease;          ///< it is going, and its slice shown until then
  bool lease_over = false;               ///< hidden from now on, up or not
  crdt::clock_value announced_clock = 0; ///< the highest clock that itself announced
};

/// The link to a node, if the shell told of one.
struct link_state {
  bool up = false;
  std::optional<instant> deadline; ///< with link_grace: called down when not back by then
};

enum class verdict : std::uint8_t { fine, down, permdown };

class liveness {
public:
  /// Expects the first tick at `first_tick`, the others a period apart.
  liveness(const tracker_options&, instant first_tick);

  /// A tick has come. Returns how much time is to be forgiven to every peer:
  /// time in which we did not run is nobody's silence.
  instant tick_came(instant now);
  /// Rule "late": prevents that who was suspended, or starved, calls all others
  /// down when it wakes, before it has read what they sent meanwhile.
  static void forgive(peer_life&, instant lateness, instant now);

  verdict judge(const peer_life&, instant now) const;

  /// Silent ticks before an empty heartbeat. Rule "silence": at least three
  /// beats per down_period, whatever max_silent_periods says; else one lost
  /// heartbeat is a false down, and an idle cluster may flap for ever.
  std::size_t silent_ticks() const noexcept { return silent_ticks_; }

  /// The link is lost: runs the grace, if there is one.
  void link_lost(link_state&, instant now) const;
  /// Whether the grace of a lost link is over. When we come to see it very
  /// late we did not run, and neither did our side of the link: it starts anew.
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
