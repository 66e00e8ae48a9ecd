// Decides when a shard returns memory to the system: after much memory was freed, and no
// more is being freed.
#pragma once

#include <algorithm>
#include <cstddef>

namespace rollcall::actors {

class memory_watch {
public:
  static constexpr std::size_t much = std::size_t{8} << 20;

  /// Call it once per period with the memory that the shard uses. Returns true if memory
  /// should be returned now.
  bool look(std::size_t held) noexcept {
    const bool settled = held == last_;
    last_ = held;
    most_ = std::max(most_, held);
    const auto freed = most_ - held;
    if (!settled || freed < much || freed < most_ / 4) return false;
    most_ = held;
    return true;
  }

private:
  std::size_t last_ = 0;
  std::size_t most_ = 0;
};

} // namespace rollcall::actors
