// Counts the bytes of dispatches that were sent to a peer and are not delivered yet.
//
// Pure. Thread-safety: none; one call at a time.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace rollcall::cluster {

class dispatch_backlog {
public:
  /// Adds `size` bytes. Returns false, and adds nothing, if the sum would exceed `limit`. If
  /// the backlog is empty, any size is accepted.
  bool take(std::size_t size, std::size_t limit) noexcept {
    if (bytes_ != 0 && (bytes_ > limit || size > limit - bytes_)) return false;
    bytes_ += size;
    return true;
  }
  /// The peer has delivered `size` bytes.
  void done(std::uint64_t size) noexcept {
    bytes_ -= static_cast<std::size_t>(std::min<std::uint64_t>(bytes_, size));
  }
  std::size_t bytes() const noexcept { return bytes_; }

private:
  std::size_t bytes_ = 0;
};

} // namespace rollcall::cluster
