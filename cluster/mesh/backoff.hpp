// Exponential backoff with jitter.
//
//     random_stream random{seed};
//     backoff wait{{200ms, 5s}};
//     dial_at = now + wait.next(random); // after a failure
//     wait.reset();                      // after a success
//
// Half of each wait is fixed and half is random ("equal jitter"): nodes that lost each
// other at one moment do not reconnect at one moment, and no attempt follows the last one
// at once. The same seed gives the same waits.
#pragma once

#include <chrono>
#include <cstdint>

namespace rollcall::cluster {

/// SplitMix64 (Steele, Lea, Flood 2014). Not for secrets.
class random_stream {
public:
  explicit random_stream(std::uint64_t seed) noexcept : state_(seed) {}

  std::uint64_t next() noexcept {
    std::uint64_t z = (state_ += 0x9E3779B97F4A7C15ull);
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }

  /// Returns a number from 0 to n, inclusive.
  std::uint64_t up_to(std::uint64_t n) noexcept { return n + 1 == 0 ? next() : next() % (n + 1); }

private:
  std::uint64_t state_;
};

struct backoff_bounds {
  std::chrono::milliseconds first{200};
  std::chrono::milliseconds most{
      2000}; ///< also the longest delay of a link after a network failure ends
};

class backoff {
public:
  explicit backoff(backoff_bounds bounds) noexcept;

  /// Counts a failure and returns the wait after it: between d/2 and d, where d begins at
  /// `first` and doubles with each failure up to `most`. At least 1 ms.
  std::chrono::milliseconds next(random_stream& random) noexcept {
    return next(random, bounds_.most);
  }
  /// The same with another `most` for this wait.
  std::chrono::milliseconds next(random_stream&, std::chrono::milliseconds most) noexcept;

  void reset() noexcept { failures_ = 0; }

  /// Returns the number of failures since the last reset.
  std::uint32_t failures() const noexcept { return failures_; }

private:
  backoff_bounds bounds_;
  std::uint32_t failures_ = 0;
};

} // namespace rollcall::cluster
