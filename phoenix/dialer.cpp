#include "phoenix/dialer.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <ei.h>
#include <netdb.h>
#include <optional>

namespace rollcall::phoenix {

namespace {

constexpr unsigned patience_ms = 3000;

std::optional<in_addr> resolve(const std::string& host) {
  addrinfo how{};
  how.ai_family = AF_INET; // libei knows no other
  how.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (::getaddrinfo(host.c_str(), nullptr, &how, &found) != 0 || found == nullptr) return {};
  sockaddr_in address{};
  std::memcpy(&address, found->ai_addr, sizeof address);
  ::freeaddrinfo(found);
  return address.sin_addr;
}

bool is_loopback(in_addr x) { return ntohl(x.s_addr) >> 24 == 127; }

} // namespace

node_name split_node_name(const std::string& name) {
  const auto at = name.rfind('@');
  if (at == std::string::npos) return {};
  return {name.substr(0, at), name.substr(at + 1)};
}

bool is_loopback_host(const std::string& host) {
  const auto x = resolve(host);
  return x && is_loopback(*x);
}

dialer::dialer(dial_options o, on_result on)
    : options_(std::move(o)), on_result_(std::move(on)), thread_([this] { run(); }) {}

dialer::~dialer() {
  {
    std::lock_guard guard(mutex_);
    ends_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void dialer::dial(std::string node) {
  {
    std::lock_guard guard(mutex_);
    queue_.push_back(std::move(node));
  }
  changed_.notify_one();
}

void dialer::set_creation(std::uint32_t x) {
  std::lock_guard guard(mutex_);
  options_.creation = x;
}

void dialer::run() {
  ::ei_init();
  std::unique_lock guard(mutex_);
  while (true) {
    changed_.wait(guard, [&] { return ends_ || !queue_.empty(); });
    if (ends_) return;
    const auto node = std::move(queue_.front());
    queue_.pop_front();
    const auto creation = options_.creation;
    guard.unlock();
    dial_now(node, creation);
    guard.lock();
  }
}

void dialer::dial_now(const std::string& node, std::uint32_t creation) {
  const auto own = split_node_name(options_.name);
  const auto other = split_node_name(node);
  auto address = resolve(other.host);
  if (!address) return on_result_(node, -1, "cannot resolve " + other.host);
  if (!options_.insecure && !is_loopback(*address))
    return on_result_(node, -1, "beyond loopback: put a tunnel between, or allow it by --insecure");
  ei_cnode self;
  if (::ei_connect_xinit(&self, own.host.c_str(), own.alive.c_str(), options_.name.c_str(), nullptr,
                         options_.cookie.c_str(), creation)
      != 0)
    return on_result_(node, -1, "libei takes no such name or cookie");
  std::string alive = other.alive;
  errno = 0;
  const int fd = ::ei_xconnect_tmo(&self, &*address, alive.data(), patience_ms);
  if (fd >= 0) return on_result_(node, fd, {});
  const int why = erl_errno != 0 ? erl_errno : errno;
  on_result_(node, -1,
             why == EHOSTUNREACH   ? "no such node is running there"
             : why == ECONNREFUSED ? "no epmd or node there"
             : why == EIO          ? "refused: look at the cookie, and that no other has our name"
                                   : std::strerror(why));
}

} // namespace rollcall::phoenix
