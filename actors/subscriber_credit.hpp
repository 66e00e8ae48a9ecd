// How far a subscriber may fall behind, and when it gets the state again.
//
// What a subscriber was told and has not answered is bounded, in messages and in
// bytes (limits::subscriber_credit, subscriber_credit_bytes). Past the bound it
// misses diffs, and when it has answered all that is under way it gets the state
// in their place. While a large state is being copied, diffs wait behind it; if
// more of them come than the state is large, they are given up, and the state is
// copied anew.
//
// Pure: counts only. Who sends, queues and copies is the shard (shard_feed.cpp).
#pragma once

#include <cstddef>
#include <cstdint>

namespace rollcall::actors {

class subscriber_credit {
public:
  struct bounds {
    std::size_t messages = 0;
    std::size_t bytes = 0;
  };
  enum class verdict : std::uint8_t {
    send,    ///< now: then call `sent`
    keep,    ///< behind the state that is being copied
    give_up, ///< it, and all that was kept: the state will be copied anew
    skip,    ///< it gets the state instead
  };

  /// What to do with a diff of so many bytes. One diff is always within the
  /// bytes, however large it is.
  verdict offer(std::size_t bytes, const bounds&) noexcept;

  /// A message is under way. A state counts no bytes: it goes out only when
  /// nothing is under way, and what follows it must not count as missed.
  void sent(std::size_t bytes) noexcept;
  /// One of those was answered. True when the state is due: nothing is under way
  /// any more, and something was missed.
  bool answered(std::size_t bytes) noexcept;

  /// The state is to be told: whatever was missed is in it.
  void caught_up() noexcept { behind_ = false; }
  /// It is being copied; until then as much as that may wait behind it.
  void copying(const bounds& size) noexcept;
  /// The copy is made. False: more has come meanwhile than may wait, begin anew.
  bool copied() noexcept;

  bool is_copying() const noexcept { return copying_; }
  bool behind() const noexcept { return behind_; }
  std::size_t messages() const noexcept { return under_way_.messages; }
  std::size_t bytes() const noexcept { return under_way_.bytes; }

private:
  static bool fits(const bounds& used, std::size_t bytes, const bounds& most) noexcept;

  bounds under_way_;
  bounds kept_;
  bounds most_kept_;
  bool copying_ = false;
  bool behind_ = false;
};

} // namespace rollcall::actors
