// What goes out: frames under way within a step, and how much each peer may
// still be sent.
//
// Backpressure: what was sent to a peer and not acknowledged by its clocks is
// bounded in bytes. Past the limit no deltas go to it; it pulls when it is
// back, and a pull clears its account. So a peer that stands still costs its
// account and no queue behind it.
#pragma once

#include "base/instant.hpp"
#include "cluster/wire/frame.hpp"
#include "rollcall/stats.hpp"

#include <cstddef>
#include <cstdint>
#include <deque>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::cluster {

/// One frame for one or more nodes.
struct outgoing {
  std::vector<std::string> to; ///< node names
  std::shared_ptr<const std::string> bytes;
};

/// The bytes under way to one peer, and what we owe it.
class send_window {
public:
  bool fits(std::size_t bytes, std::size_t limit) const noexcept {
    return outstanding_ + bytes <= limit;
  }
  /// Deltas up to our clock `upto` went out to it.
  void sent(crdt::clock_value upto, std::size_t bytes);
  /// It has everything of ours up to `clock`.
  void acknowledged(crdt::clock_value clock) noexcept;
  void clear() noexcept;
  std::size_t outstanding() const noexcept { return outstanding_; }
  std::size_t entries() const noexcept { return sent_.size(); }

  /// So many bytes of deltas came from it. True when it waits for our clocks:
  /// that is more than a quarter of the limit since it was last told.
  bool received(std::size_t bytes, std::size_t limit) noexcept;
  void told_clocks() noexcept { owed_ = 0; }

private:
  struct entry {
    crdt::clock_value upto;
    std::size_t bytes;
  };
  std::deque<entry> sent_;
  std::size_t outstanding_ = 0;
  std::size_t owed_ = 0;
};

/// The answers under way to one peer. Each state carries a number that the next
/// pull repeats: then it was read, and counts no longer. A peer that pulls and
/// does not read gets as many bytes as may be under way, and then one frame in a
/// period, since frames may be lost.
class answer_window {
public:
  static constexpr std::size_t max_unread = 8; ///< frames, whatever their size

  /// A pull came, with the number that it repeats. False: drop it.
  bool may_answer(std::uint64_t read_proof, std::size_t limit, instant now, instant period);
  void sent(std::size_t bytes, std::uint64_t proof, instant now);
  void clear() noexcept { *this = {}; }
  std::size_t unread() const noexcept { return bytes_; }

private:
  std::size_t bytes_ = 0, frames_ = 0;
  std::uint64_t proof_ = 0;
  instant last_{0};
};

/// The frames of one step, in order.
class outbox {
public:
  explicit outbox(tracker_stats& stats) : stats_(stats) {}

  using bytes = std::shared_ptr<const std::string>;
  static bytes pack(const frame& f) { return std::make_shared<const std::string>(encode(f)); }

  /// Consecutive sends of the same bytes become one `outgoing`.
  void send(std::string_view to, frame_kind, bytes);
  void send(std::string_view to, const frame& f) { send(to, f.kind, pack(f)); }
  std::vector<outgoing> take() noexcept;

  /// A number that depends on all that was ever sent, to whomever: no receiver of
  /// some of it can foretell it. Never 0.
  std::uint64_t unforeseen() noexcept;

private:
  tracker_stats& stats_;
  std::vector<outgoing> frames_;
  std::uint64_t mixed_ = 0;
};

} // namespace rollcall::cluster
