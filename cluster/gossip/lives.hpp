// Lives that are over, and new lives of our own.
//
// A life that said bye or was superseded is final: it is remembered for
// `permdown_period`, and frames of it or of older ones are ignored. Rule
// "ended": without it a late heartbeat brings the dead back, as a ghost that
// nobody will ever take down by a bye again.
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
/// A life that begins further ahead of the wall clock is refused: who could name
/// any would have the last word on every name.
inline constexpr std::uint64_t max_ahead_us = 24 * hour_us;

class lives {
public:
  /// So many times in one permdown_period we rise above another of our name at once.
  /// More is most likely two living nodes of one name: then each further time waits
  /// twice as long as the one before, a broadcast_period at first.
  static constexpr std::size_t max_rebirths = 3;

  explicit lives(const tracker_options&);

  /// That life is over for good. At most `limits::max_ended` are remembered:
  /// past it the one that would be forgotten first is.
  void end(const replica_id&, instant now);
  /// The latest life of that name that is over.
  std::optional<incarnation> ended(std::string_view name) const;
  void forget(instant now); ///< those that are due; O(1) when none is
  /// We did not run for so long: what came meanwhile is yet to be read, frames
  /// of dead lives among it, so they are remembered for that much longer; never
  /// longer from now than a life that ends now.
  void forgive(instant lateness, instant now);
  std::size_t size() const noexcept { return ended_.size(); }

  /// Counts a rebirth of our own; false: too many, keep the life we have for now.
  bool may_be_reborn(instant now);
  /// The one that was just counted is the last of those that need not wait.
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
