#include "cluster/mesh/backoff.hpp"

#include <algorithm>
#include <limits>

namespace rollcall::cluster {

using std::chrono::milliseconds;

backoff::backoff(backoff_bounds bounds) noexcept : bounds_(bounds) {
  // A wait of 0 would be a busy loop.
  bounds_.first = std::max(bounds_.first, milliseconds{1});
  bounds_.most = std::max(bounds_.most, bounds_.first);
}

milliseconds backoff::next(random_stream& random, milliseconds most) noexcept {
  most = std::max(most, bounds_.first);
  auto whole = bounds_.first;
  for (std::uint32_t i = 0; i < failures_ && whole < most; ++i) {
    // compare before doubling: `most` may be anything that fits
    whole = whole > most / 2 ? most : whole * 2;
  }
  if (failures_ < std::numeric_limits<std::uint32_t>::max()) ++failures_;
  const auto fixed = whole / 2;
  const auto rest = static_cast<std::uint64_t>((whole - fixed).count());
  const auto jitter = milliseconds{static_cast<milliseconds::rep>(random.up_to(rest))};
  return std::max(fixed + jitter, milliseconds{1});
}

} // namespace rollcall::cluster
