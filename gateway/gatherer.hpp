// What changed in a topic since its listeners were told last.
//
// Pure. A presence that came and went in between is not told at all, and of a
// chain of updates only the first and the last meta are. So what is told is
// never more than what the topic held and holds.
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
};

/// The time between two messages to the listeners of a topic. What is sent in a
/// burst grows with members × listeners, so the window grows with it, too.
std::chrono::milliseconds window_of(std::size_t members, std::size_t listeners,
                                    const window_limits& = {}) noexcept;

} // namespace rollcall::gateway
