// A rate limit: `rate` actions a second, with bursts of the same number.
#pragma once

#include <algorithm>
#include <chrono>

namespace rollcall::gateway {

using instant = std::chrono::steady_clock::time_point;

class token_bucket {
public:
  explicit token_bucket(double rate) : rate_(rate), tokens_(std::max(rate, 1.0)) {}

  /// Takes one token. Returns false if there is none.
  bool take(instant now) {
    if (now > last_) {
      if (last_ != instant{}) tokens_ += rate_ * std::chrono::duration<double>(now - last_).count();
      tokens_ = std::min(tokens_, std::max(rate_, 1.0));
      last_ = now;
    }
    if (tokens_ < 1.0) return false;
    tokens_ -= 1.0;
    return true;
  }

private:
  double rate_;
  double tokens_;
  instant last_{};
};

} // namespace rollcall::gateway
