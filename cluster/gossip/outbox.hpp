// What goes out: frames under way within a step, and how much each peer may
// still be sent.
//
// Backpressure: what was sent to a peer and not acknowledged by its clocks is
// bounded in bytes. Past the limit no deltas go to it; it pulls when it is
// back, and a pull clears its account. So a peer that stands still costs its
// account and no queue behind it.
#pragma once

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

private:
  tracker_stats& stats_;
  std::vector<outgoing> frames_;
};

} // namespace rollcall::cluster
