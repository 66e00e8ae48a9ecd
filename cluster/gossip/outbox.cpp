#include "cluster/gossip/outbox.hpp"

#include "base/varint.hpp"
#include "cluster/wire/head.hpp"

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

bool answer_window::may_answer(std::uint64_t read_proof, std::size_t limit, instant now,
                               instant period) {
  if (frames_ == 0 || (read_proof != 0 && read_proof == proof_)) {
    bytes_ = frames_ = 0;
    return true;
  }
  return (frames_ < max_unread && bytes_ < limit) || now - last_ >= period / 2;
}

void answer_window::sent(std::size_t bytes, std::uint64_t proof, instant now) {
  bytes_ += bytes;
  ++frames_;
  proof_ = proof;
  last_ = now;
}

void outbox::send(std::string_view to, frame_kind kind, bytes what) {
  const auto i = static_cast<std::size_t>(kind);
  ++stats_.frames_out[i];
  stats_.bytes_out[i] += what->size();
  mixed_ = mixed_ * 0x9E3779B97F4A7C15ull + crdt::load_le32(what->data() + checksum_at);
  if (frames_.empty() || frames_.back().bytes != what) frames_.push_back({{}, std::move(what)});
  frames_.back().to.emplace_back(to);
}

std::uint64_t outbox::unforeseen() noexcept {
  mixed_ = (mixed_ ^ mixed_ >> 29) * 0x9E3779B97F4A7C15ull + 1;
  return mixed_ == 0 ? 1 : mixed_;
}

std::vector<outgoing> outbox::take() noexcept { return std::exchange(frames_, {}); }

} // namespace rollcall::cluster
