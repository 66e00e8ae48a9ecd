// Pulls: which peers to ask for what we lack, and which answer we wait for.
//
// Each peer has at most one pull under way, for one broadcast period. A peer that lets a
// pull time out is asked last until it answers again. Each pull brings one frame. We go
// on only from the frame that we wait for, or from the first frame of a later answer.
#pragma once

#include "base/instant.hpp"
#include "cluster/wire/frame.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace rollcall::cluster {

/// The pull under way to one peer, and the clocks that the peer announced.
class pull_state {
public:
  /// Returns true if a new pull may go out now. Rule "rotate": a pull that timed out
  /// makes the peer mute, so that it is asked last. Otherwise a peer that cannot hear us
  /// would be asked for ever, while another could help.
  bool may_ask(instant now, instant period);
  void asked(instant now, std::optional<answer_position> at);

  /// Returns true for the state frame that we wait for, and for the first frame of a
  /// later answer: the peer begins a new one if a late or duplicated pull replaced the
  /// answer under way. Any other frame is a duplicate, or belongs to an answer that we
  /// gave up.
  bool waits_for(const answer_position&) const noexcept;
  /// The frame came; `moved`: it advanced a prefix.
  void came(bool moved) noexcept;
  /// A state frame came; the next pull repeats its number.
  void read(std::uint64_t proof) noexcept { read_ = proof; }
  std::uint64_t read() const noexcept { return read_; }
  /// The answer is complete. Returns true if it advanced any prefix: only then is a
  /// remaining gap worth another pull at once, or pulls would never end.
  bool finish() noexcept;
  /// Forgets the pull under way: the link is lost.
  void abandon() noexcept { open_.reset(); }
  bool under_way() const noexcept { return open_.has_value(); }
  /// The frame that we wait for. None: the first frame of any answer, or no frame.
  std::optional<answer_position> waited_for() const { return open_ ? open_->next : std::nullopt; }
  bool mute() const noexcept { return timeouts_ > 0; }
  /// True if so many pulls in a row were unanswered that relays are asked instead.
  bool silent() const noexcept { return timeouts_ >= 2; }

  /// Takes the clocks of the peer's last full heartbeat that are above ours, ascending
  /// by replica.
  void heard(clock_list ahead);
  const clock_list* clocks() const noexcept { return heard_ ? &clocks_ : nullptr; }
  void forget_clocks() noexcept;

private:
  struct pull {
    instant at{0};
    std::optional<answer_position> next;
    bool moved = false;
  };
  std::optional<pull> open_;
  unsigned timeouts_ = 0; ///< in a row
  std::uint64_t read_ = 0;
  bool heard_ = false;
  clock_list clocks_;
};

/// A range of clocks that we lack and that a peer announced.
struct missing_range {
  replica_id whose;
  crdt::clock_value upto = 0;
  bool owner_only = false; ///< relays are not asked
};

/// A peer that can be asked. An owner knows all of its slice.
struct candidate {
  std::string_view name;
  const clock_list* clocks = nullptr; ///< ascending by replica
  bool mute = false;
};

/// The clock of a replica in a list that ascends by replica; 0 if not there.
crdt::clock_value clock_of(const clock_list&, const replica_id&) noexcept;

/// Chooses a small set of peers that together know the most of what we lack: the greedy
/// set cover of Johnson (1974) and Chvátal (1979). Mute peers come last. Requires the
/// candidates in order of name, which makes the result deterministic.
std::vector<std::string_view> choose(std::vector<candidate>, const std::vector<missing_range>&);

} // namespace rollcall::cluster
