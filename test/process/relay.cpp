#include "test/process/relay.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace rollcall::test {

namespace {

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in x{};
  x.sin_family = AF_INET;
  x.sin_port = htons(port);
  x.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  return x;
}

int bound(std::uint16_t port) {
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const int yes = 1;
  ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  const auto at = loopback(port);
  if (::bind(fd, reinterpret_cast<const sockaddr*>(&at), sizeof at) == 0) return fd;
  ::close(fd);
  return -1;
}

/// False: there will be no more.
bool pass(int from, int to) {
  char chunk[65536];
  const auto n = ::recv(from, chunk, sizeof chunk, 0);
  if (n <= 0) return false;
  return ::send(to, chunk, static_cast<std::size_t>(n), MSG_NOSIGNAL) == n;
}

} // namespace

// Below those that systems give to who dials: it stays free.
std::uint16_t free_port() {
  static std::uint16_t next = 20'000;
  for (;;) {
    const int fd = bound(++next);
    if (fd < 0) continue;
    ::close(fd);
    return next;
  }
}

relay::relay(std::uint16_t target)
    : target_(target), port_(free_port()), thread_([this] { run(); }) {}

relay::~relay() {
  stop_ = true;
  thread_.join();
}

void relay::close_all() {
  for (const auto& [a, b] : pairs_) ::close(a), ::close(b);
  pairs_.clear();
  if (listener_ >= 0) ::close(listener_);
  listener_ = -1;
}

void relay::take_one() {
  const int a = ::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
  if (a < 0) return;
  const int b = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  const auto to = loopback(target_);
  if (::connect(b, reinterpret_cast<const sockaddr*>(&to), sizeof to) == 0) {
    pairs_.emplace_back(a, b);
    return;
  }
  ::close(a);
  ::close(b);
}

void relay::run() {
  while (!stop_) {
    if (cut_) close_all();
    if (!cut_ && listener_ < 0 && (listener_ = bound(port_)) >= 0) ::listen(listener_, 128);
    std::vector<pollfd> all;
    for (const auto& [a, b] : pairs_) {
      all.push_back({a, POLLIN, 0});
      all.push_back({b, POLLIN, 0});
    }
    if (listener_ >= 0) all.push_back({listener_, POLLIN, 0});
    if (::poll(all.data(), all.size(), 10) <= 0) continue;
    for (std::size_t i = pairs_.size(); i-- > 0;) {
      const auto [a, b] = pairs_[i];
      if ((all[2 * i].revents == 0 || pass(a, b)) && (all[2 * i + 1].revents == 0 || pass(b, a)))
        continue;
      ::close(a);
      ::close(b);
      pairs_.erase(pairs_.begin() + static_cast<std::ptrdiff_t>(i));
    }
    if (listener_ >= 0 && all.back().revents != 0) take_one();
  }
  close_all();
}

} // namespace rollcall::test
