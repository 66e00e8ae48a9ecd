// How many bytes of dispatches are on their way to a peer.
//
// Pure. Threads: one at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace rollcall::cluster {

class dispatch_backlog {
public:
  /// Takes so many more on their way; false, and nothing is taken, if that would be
  /// more than `limit`. One always goes when nothing is on its way, however large.
  bool take(std::size_t size, std::size_t limit) noexcept {
    if (bytes_ != 0 && (bytes_ > limit || size > limit - bytes_)) return false;
    bytes_ += size;
    return true;
  }
  /// The peer says that it has handed on so many.
  void done(std::uint64_t size) noexcept {
    bytes_ -= static_cast<std::size_t>(std::min<std::uint64_t>(bytes_, size));
  }
  std::size_t bytes() const noexcept { return bytes_; }

private:
  std::size_t bytes_ = 0;
};

} // namespace rollcall::cluster
