// Outgoing frames of a step, and the send window of each peer.
//
// Backpressure: the bytes of deltas that were sent to a peer and are not yet acknowledged
// by its clocks are bounded. Past the limit the peer gets no deltas; it pulls when it
// runs again, and a pull resets its window. So a peer that stands still costs at most
// one window, and no queue.
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

/// The send window of one peer, and the acknowledgement that we owe it.
class send_window {
public:
  bool fits(std::size_t bytes, std::size_t limit) const noexcept {
    return outstanding_ + bytes <= limit;
  }
  /// Deltas up to our clock `upto` were sent.
  void sent(crdt::clock_value upto, std::size_t bytes);
  /// The peer has everything of ours up to `clock`.
  void acknowledged(crdt::clock_value clock) noexcept;
  void clear() noexcept;
  std::size_t outstanding() const noexcept { return outstanding_; }
  std::size_t entries() const noexcept { return sent_.size(); }

  /// That many bytes of deltas came from the peer. Returns true if an acknowledgement is
  /// due: more than a quarter of the limit came since the last one.
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

/// The answers under way to one peer. Each state frame carries a number that the next
/// pull repeats, which proves that the frame was read. A peer that pulls and does not
/// read gets one window of bytes, and then one frame per period, since frames may be
/// lost.
class answer_window {
public:
  static constexpr std::size_t max_unread = 8; ///< frames, whatever their size

  /// Call for each pull, with the number that it repeats. Returns false to drop it.
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

  /// A number that depends on everything sent so far to all peers, so that no single
  /// receiver can predict it. Never 0.
  std::uint64_t unforeseen() noexcept;

private:
  tracker_stats& stats_;
  std::vector<outgoing> frames_;
  std::uint64_t mixed_ = 0;
};

} // namespace rollcall::cluster
