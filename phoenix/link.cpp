#include "phoenix/link.hpp"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <unistd.h>

namespace rollcall::phoenix {

namespace {

constexpr char pass_through = 'p';
constexpr std::int64_t op_send = 2, op_reg_send = 6;
constexpr auto tick_period = std::chrono::seconds{5};
constexpr auto silence = std::chrono::seconds{60};

std::string length_of(std::size_t n) {
  std::string x;
  for (int i = 3; i >= 0; --i) x += static_cast<char>(n >> (8 * i) & 0xFF);
  return x;
}

} // namespace

link::link(int fd, std::string node)
    : fd_(fd), node_(std::move(node)), heard_(clock::now()), sent_(heard_) {
  ::fcntl(fd_, F_SETFL, ::fcntl(fd_, F_GETFL) | O_NONBLOCK);
  const int on = 1;
  ::setsockopt(fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

link::~link() { ::close(fd_); }

void link::fail(std::string why) {
  if (broken_.empty()) broken_ = std::move(why);
}

void link::read(const on_message& on) {
  char chunk[65536];
  // Bounded, so that one link does not keep the others waiting.
  for (int i = 0; i < 64 && broken_.empty(); ++i) {
    const auto n = ::recv(fd_, chunk, sizeof chunk, 0);
    if (n == 0) return fail("closed by the other side");
    if (n < 0) {
      if (errno != EAGAIN && errno != EINTR) fail(std::strerror(errno));
      return;
    }
    heard_ = clock::now();
    in_.append(chunk, static_cast<std::size_t>(n));
    take_packets(on);
  }
}

void link::take_packets(const on_message& on) {
  std::size_t at = 0;
  while (in_.size() - at >= 4 && broken_.empty()) {
    std::size_t n = 0;
    for (std::size_t i = 0; i < 4; ++i) n = n << 8 | static_cast<unsigned char>(in_[at + i]);
    if (n > limit::packet_bytes) return fail("a packet of " + std::to_string(n) + " bytes");
    if (in_.size() - at - 4 < n) break;
    if (n != 0) take_packet(std::string_view{in_}.substr(at + 4, n), on);
    at += 4 + n;
  }
  in_.erase(0, at);
}

void link::take_packet(std::string_view bytes, const on_message& on) {
  constexpr char version = static_cast<char>(131);
  if (bytes.size() < 2 || bytes[0] != pass_through || bytes[1] != version) {
    ++unreadable_;
    return;
  }
  bytes.remove_prefix(2);
  const auto control = decode(bytes);
  if (!control || !control->is(term::kind::tuple) || control->items.empty()
      || !control->items[0].is(term::kind::integer)) {
    ++unreadable_;
    return;
  }
  const auto op = control->items[0].number;
  if (op != op_send && op != op_reg_send) return; // links and monitors: our processes never end
  if (auto x = decode_message(bytes))
    on(std::move(*x));
  else
    ++unreadable_;
}

void link::write() {
  while (!out_.empty()) {
    auto& p = out_.front();
    const auto n = ::send(fd_, p.bytes->data() + p.sent, p.bytes->size() - p.sent, MSG_NOSIGNAL);
    if (n < 0) {
      if (errno != EAGAIN && errno != EINTR) fail(std::strerror(errno));
      return;
    }
    p.sent += static_cast<std::size_t>(n);
    waiting_ -= static_cast<std::size_t>(n);
    if (p.sent == p.bytes->size()) out_.pop_front();
  }
}

void link::tick(clock::time_point now) {
  if (now - heard_ > silence) return fail("silent for a minute");
  if (now - sent_ < tick_period || !out_.empty()) return;
  sent_ = now;
  waiting_ += 4;
  out_.push_back({std::make_shared<const std::string>(4, '\0'), 0});
  write();
}

void link::send(const erlang_pid& to, std::shared_ptr<const std::string> message) {
  std::string head =
      std::string(1, pass_through) + encode_message(tuple({integer(op_send), atom(""), pid(to)}));
  send_packet(std::move(head), std::move(message));
}

void link::send(const erlang_pid& from, std::string_view to_name,
                std::shared_ptr<const std::string> message) {
  std::string head =
      std::string(1, pass_through)
      + encode_message(tuple({integer(op_reg_send), pid(from), atom(""), atom(to_name)}));
  send_packet(std::move(head), std::move(message));
}

void link::send_packet(std::string head, std::shared_ptr<const std::string> message) {
  if (!broken_.empty()) return;
  const auto size = head.size() + message->size();
  if (waiting_ + size > limit::backlog_bytes) return fail("it does not take what is sent to it");
  head.insert(0, length_of(size));
  waiting_ += head.size() + message->size();
  sent_ = clock::now();
  out_.push_back({std::make_shared<const std::string>(std::move(head)), 0});
  out_.push_back({std::move(message), 0});
  write();
}

} // namespace rollcall::phoenix
