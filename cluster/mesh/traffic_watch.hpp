// Decides when the endpoint returns free memory to the system: after a burst of traffic has
// ended. CAF and the allocator keep the buffers that the frames of the burst used.
//
// Pure. Thread-safety: one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>

namespace rollcall::cluster {

class traffic_watch {
public:
  static constexpr std::uint64_t much = std::uint64_t{32} << 20;
  static constexpr std::uint64_t quiet = std::uint64_t{1} << 20; ///< since the last look
  static constexpr std::chrono::milliseconds between{2000};

  /// `bytes`: all that the links have carried so far. Call it at every tick. Returns true if
  /// memory should be returned now.
  bool look(std::uint64_t bytes, std::chrono::milliseconds now) noexcept {
    if (now - looked_ < between) return false;
    const bool over = bytes - seen_ <= quiet;
    looked_ = now;
    seen_ = bytes;
    if (!over || bytes - given_ < much) return false;
    given_ = bytes;
    return true;
  }

private:
  std::chrono::milliseconds looked_{0};
  std::uint64_t seen_ = 0;  ///< at the last look
  std::uint64_t given_ = 0; ///< when memory was last given back
};

} // namespace rollcall::cluster
