#include "actors/subscriber_credit.hpp"

#include <algorithm>

namespace rollcall::actors {

bool subscriber_credit::fits(const bounds& used, std::size_t bytes, const bounds& most) noexcept {
  if (used.messages >= most.messages) return false;
  return used.bytes == 0 || (used.bytes <= most.bytes && bytes <= most.bytes - used.bytes);
}

subscriber_credit::verdict subscriber_credit::offer(std::size_t bytes,
                                                    const bounds& most) noexcept {
  if (behind_) return verdict::skip;
  auto& used = copying_ ? kept_ : under_way_;
  if (fits(used, bytes, copying_ ? most_kept_ : most)) {
    if (!copying_) return verdict::send;
    ++used.messages;
    used.bytes += bytes;
    return verdict::keep;
  }
  behind_ = true;
  return copying_ ? verdict::give_up : verdict::skip;
}

void subscriber_credit::sent(std::size_t bytes) noexcept {
  ++under_way_.messages;
  under_way_.bytes += bytes;
}

bool subscriber_credit::answered(std::size_t bytes) noexcept {
  if (under_way_.messages == 0) return false;
  --under_way_.messages;
  under_way_.bytes -= std::min(bytes, under_way_.bytes);
  return behind_ && !copying_ && under_way_.messages == 0;
}

void subscriber_credit::copying(const bounds& size) noexcept {
  copying_ = true;
  kept_ = {};
  most_kept_ = size;
}

bool subscriber_credit::copied() noexcept {
  copying_ = false;
  return !behind_;
}

} // namespace rollcall::actors
