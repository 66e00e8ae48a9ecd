// Collects the changes of a topic since the last message to its listeners.
//
// Pure. A presence that joined and left in between is omitted; of a chain of updates only the
// first and the last meta remain. So a message is never larger than the old and the new
// content of the topic.
#pragma once

#include "rollcall/presence.hpp"

#include <chrono>
#include <cstddef>
#include <map>
#include <vector>

namespace rollcall::gateway {

class gatherer {
public:
  void add(const topic_diff&);
  bool empty() const noexcept { return joins_.empty() && leaves_.empty(); }
  std::size_t size() const noexcept { return joins_.size() + leaves_.size(); }
  void clear() noexcept;

  struct changes {
    std::vector<presence> joins, leaves; ///< in order of key, then ref
  };
  changes take();

private:
  std::map<ref, presence> joins_, leaves_;
};

struct window_limits {
  std::chrono::milliseconds least{25};
  std::chrono::milliseconds most{1000};
  /// The first change after a quiet time waits so long for those that come with it: a
  /// write to each listener costs more than all else, and a leave and a join of one client
  /// are then one.
  std::chrono::milliseconds settle{10};
};

/// Returns the time between two messages to the listeners of a topic. The size of a burst is
/// proportional to members × listeners, so the window grows with it, too.
std::chrono::milliseconds window_of(std::size_t members, std::size_t listeners,
                                    const window_limits& = {}) noexcept;

/// When to tell what came at `now`, if a topic was told last at `last`: a window after
/// that, but not before `settle` has passed.
std::chrono::steady_clock::time_point flush_time(std::chrono::steady_clock::time_point now,
                                                 std::chrono::steady_clock::time_point last,
                                                 std::chrono::milliseconds window,
                                                 std::chrono::milliseconds settle) noexcept;

} // namespace rollcall::gateway
