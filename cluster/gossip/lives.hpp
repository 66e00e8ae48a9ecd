// Lives that are over, and new lives of our own.
//
// A life that said bye or was superseded is final. It is remembered for
// `permdown_period`; its frames, and those of older lives, are ignored (rule "ended").
// Otherwise a late heartbeat would bring the dead replica back, and no bye would ever
// come to end it.
#pragma once

#include "base/instant.hpp"
#include "rollcall/options.hpp"
#include "rollcall/presence.hpp"

#include <deque>
#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace rollcall::cluster {

inline constexpr std::uint64_t hour_us = 3'600'000'000;
/// A life that begins further ahead of the wall clock is refused: otherwise a member
/// could claim any name for ever with an incarnation of the far future.
inline constexpr std::uint64_t max_ahead_us = 24 * hour_us;

class lives {
public:
  /// Rebirths within one permdown_period that need not wait. More are most likely due
  /// to two living nodes of one name: each further rebirth waits twice as long as the
  /// one before, a broadcast_period at first.
  static constexpr std::size_t max_rebirths = 3;

  explicit lives(const tracker_options&);

  /// That life is over for good. At most `limits::max_ended` are remembered; past that
  /// the one that would be forgotten first goes.
  void end(const replica_id&, instant now);
  /// The latest life of that name that is over.
  std::optional<incarnation> ended(std::string_view name) const;
  void forget(instant now); ///< drops those that are due; O(1) if none is
  /// This node did not run for `lateness`, so frames of dead lives may still be queued:
  /// remembers those lives for that much longer, but not past now + permdown_period.
  void forgive(instant lateness, instant now);
  std::size_t size() const noexcept { return ended_.size(); }

  /// Counts a rebirth of our own. Returns false if it has to wait.
  bool may_be_reborn(instant now);
  /// True if the rebirth counted last was the last one that need not wait.
  bool was_last_rebirth() const noexcept { return rebirths_.size() == max_rebirths; }

private:
  struct entry {
    incarnation inc;
    instant until{0};
  };
  std::map<std::string, entry, std::less<>> ended_;
  instant next_due_ = instant::max(); ///< no entry is due before
  std::deque<instant> rebirths_;
  instant period_, beat_;
  std::size_t limit_;
};

} // namespace rollcall::cluster
