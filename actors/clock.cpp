#include "actors/clock.hpp"

#include <chrono>
#include <mutex>
#include <random>

namespace rollcall::actors {

namespace {

std::uint64_t draw() {
  // std::random_device calls the system each time, which is fine since lives are rare. The
  // bits must differ between machines that start at the same moment.
  thread_local std::random_device source;
  return (std::uint64_t{source()} << 32) | source();
}

} // namespace

cluster::instant steady_now() noexcept {
  using std::chrono::duration_cast;
  return duration_cast<cluster::instant>(std::chrono::steady_clock::now().time_since_epoch());
}

std::uint64_t wall_now_us() noexcept {
  using std::chrono::duration_cast;
  const auto wall =
      duration_cast<std::chrono::microseconds>(std::chrono::system_clock::now().time_since_epoch())
          .count();
  return wall > 0 ? static_cast<std::uint64_t>(wall) : 1;
}

incarnation next_incarnation() {
  static std::mutex mutex;
  static std::uint64_t last = 0;
  const std::lock_guard guard{mutex};
  const auto start = std::max(wall_now_us(), last + 1);
  last = start;
  return {start, draw()};
}

std::uint64_t random_bits() { return draw(); }

std::uint64_t random_below(std::uint64_t below) {
  return below == 0 ? 0 : draw() % below; // the bias of % does not matter here
}

} // namespace rollcall::actors
