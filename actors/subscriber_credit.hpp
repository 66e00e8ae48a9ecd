// Limits how far a subscriber may fall behind, and decides when it gets the state again.
//
// Messages to a subscriber that it has not answered are limited in number and in bytes
// (limits::subscriber_credit, subscriber_credit_bytes). Beyond the limit it misses diffs;
// when it has answered all messages, it gets the state in their place. While a large state
// is being copied, diffs wait behind it. If more wait than the state is large, they are
// discarded, and the state is copied again.
//
// Pure: counts only. The shard sends, queues and copies (shard_feed.cpp).
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
    send,    ///< send it now, then call `sent`
    keep,    ///< keep it, behind the state that is being copied
    give_up, ///< discard it and all that were kept: the state will be copied again
    skip,    ///< discard it: the subscriber will get the state
  };

  /// Decides about a diff of so many bytes. If nothing is unanswered, a diff of any size is
  /// within the limit of bytes.
  verdict offer(std::size_t bytes, const bounds&) noexcept;

  /// A message was sent. States count 0 bytes: they are sent only if nothing is unanswered,
  /// and must not use up the limit for the diffs that follow.
  void sent(std::size_t bytes) noexcept;
  /// A message was answered. Returns true if the state must be sent now: nothing is
  /// unanswered, and diffs were missed.
  bool answered(std::size_t bytes) noexcept;

  /// The state will be sent; it contains what was missed.
  void caught_up() noexcept { behind_ = false; }
  /// A copy of the state begins; diffs up to `size` may wait behind it.
  void copying(const bounds& size) noexcept;
  /// The copy is complete. Returns false if more came than may wait: copy again.
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
