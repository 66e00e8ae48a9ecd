// Pulls: whom to ask for what we lack, and which answer we wait for.
//
// At most one pull per peer is under way, for one broadcast period; who lets
// it time out is asked last until it answers anything. One frame per pull: we
// ask for the next, and go on only from the frame that we wait for, or from the
// first of an answer begun after it.
#pragma once

#include "base/instant.hpp"
#include "cluster/wire/frame.hpp"

#include <cstddef>
#include <optional>
#include <string_view>
#include <vector>

namespace rollcall::cluster {

/// What we asked one peer for, and what it says that it knows.
class pull_state {
public:
  /// Whether a new pull may go out now. Rule "rotate": one that timed out
  /// makes the peer mute, so that it is asked last; else a peer that hears us
  /// not is asked for ever, while another could have helped.
  bool may_ask(instant now, instant period);
  void asked(instant now, std::optional<answer_position> at);

  /// Whether a state is the frame that we wait for, or the first of an answer
  /// that was begun anew since the peer no longer had the one that we go on
  /// with: a pull that came late or twice takes its place. Anything else is a
  /// duplicate, or of an answer that we gave up.
  bool waits_for(const answer_position&) const noexcept;
  /// It came, and `moved` a prefix of ours or not.
  void came(bool moved) noexcept;
  /// A state came, with a number that our next pull repeats.
  void read(std::uint64_t proof) noexcept { read_ = proof; }
  std::uint64_t read() const noexcept { return read_; }
  /// The answer is whole. True when it moved any prefix of ours: then what is
  /// still open is worth a pull, and otherwise never (it would go on for ever).
  bool finish() noexcept;
  /// Nothing is under way any more: the link is lost.
  void abandon() noexcept { open_.reset(); }
  bool under_way() const noexcept { return open_.has_value(); }
  /// The frame that we wait for; none: the first of any answer, or nothing.
  std::optional<answer_position> waited_for() const { return open_ ? open_->next : std::nullopt; }
  bool mute() const noexcept { return timeouts_ > 0; }
  /// It left so many in a row unanswered that others are asked for what is its own.
  bool silent() const noexcept { return timeouts_ >= 2; }

  /// The clocks of its last full heartbeat, as far as they are above ours;
  /// ascending by replica.
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

/// Something that we do not know and that somebody does.
struct missing_range {
  replica_id whose;
  crdt::clock_value upto = 0;
  bool owner_only = false; ///< nobody else's word counts
};

/// Somebody who can be asked. Who owns a slice knows all of it.
struct candidate {
  std::string_view name;
  const clock_list* clocks = nullptr; ///< ascending by replica
  bool mute = false;
};

/// The clock of a replica in a list that ascends by replica; 0 if not there.
crdt::clock_value clock_of(const clock_list&, const replica_id&) noexcept;

/// The smallest set of peers (greedy, as the set cover of Johnson 1974 and
/// Chvátal 1979) that together know the most of what we lack. Who is mute
/// comes after all others. Candidates in order of name; so is the answer
/// determined by what is given.
std::vector<std::string_view> choose(std::vector<candidate>, const std::vector<missing_range>&);

} // namespace rollcall::cluster
