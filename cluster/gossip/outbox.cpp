#include "cluster/gossip/outbox.hpp"

#include <utility>

namespace rollcall::cluster {

void send_window::sent(crdt::clock_value upto, std::size_t bytes) {
  sent_.push_back({upto, bytes});
  outstanding_ += bytes;
}

void send_window::acknowledged(crdt::clock_value clock) noexcept {
  while (!sent_.empty() && sent_.front().upto <= clock) {
    outstanding_ -= sent_.front().bytes;
    sent_.pop_front();
  }
}

void send_window::clear() noexcept {
  sent_.clear();
  outstanding_ = 0;
}

bool send_window::received(std::size_t bytes, std::size_t limit) noexcept {
  owed_ += bytes;
  return owed_ > limit / 4;
}

void outbox::send(std::string_view to, frame_kind kind, bytes what) {
  const auto i = static_cast<std::size_t>(kind);
  ++stats_.frames_out[i];
  stats_.bytes_out[i] += what->size();
  if (frames_.empty() || frames_.back().bytes != what) frames_.push_back({{}, std::move(what)});
  frames_.back().to.emplace_back(to);
}

std::vector<outgoing> outbox::take() noexcept { return std::exchange(frames_, {}); }

} // namespace rollcall::cluster
