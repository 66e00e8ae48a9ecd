#include "tools/faults/proxy.hpp"

#include "cluster/mesh/backoff.hpp"

#include <arpa/inet.h>
#include <atomic>
#include <cerrno>
#include <cstring>
#include <deque>
#include <fcntl.h>
#include <list>
#include <mutex>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace rollcall::faults {

using clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

namespace {

constexpr std::size_t most_held = 1024 * 1024; // in each direction; then we read no more

class socket_handle {
public:
  explicit socket_handle(int fd = -1) noexcept : fd_(fd) {}
  socket_handle(socket_handle&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  socket_handle& operator=(socket_handle&& other) noexcept {
    std::swap(fd_, other.fd_);
    return *this;
  }
  ~socket_handle() { close(); }
  int get() const noexcept { return fd_; }
  explicit operator bool() const noexcept { return fd_ >= 0; }
  void close() noexcept {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
  }
  /// The other side sees a reset, not an end.
  void reset() noexcept {
    const linger at_once{1, 0};
    if (fd_ >= 0) ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &at_once, sizeof at_once);
    close();
  }

private:
  int fd_;
};

sockaddr_in loopback(std::uint16_t port) {
  sockaddr_in a{};
  a.sin_family = AF_INET;
  a.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  a.sin_port = htons(port);
  return a;
}

void at_once(int fd) {
  const int on = 1;
  ::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
}

struct piece {
  clock::time_point due;
  std::string bytes;
};

/// One direction of a connection.
struct stream {
  std::deque<piece> held;
  std::size_t size = 0;
  bool ended = false; ///< nothing more comes in
};

struct connection {
  int dialer = -1, target = -1;
  socket_handle near, far; ///< the dialer's side, the target's side
  bool mute = false;
  bool connecting = false;
  stream out, back; ///< dialer -> target, target -> dialer
  bool dead = false;
};

} // namespace

struct proxy::state {
  mutable std::mutex mutex;
  std::function<pid_t(int)> process_of;
  cluster::random_stream random{1};
  std::vector<socket_handle> listeners;
  std::vector<std::uint16_t> ports, targets;
  std::vector<std::vector<proxy_rule>> rules;
  std::list<connection> connections;
  proxy_counts counts;
  int wake[2] = {-1, -1};
  std::atomic<bool> over = false;
  std::thread thread;

  void run();
  void accept(std::size_t node);
  bool open_far(connection&);
  void read(socket_handle& from, stream&, const proxy_rule&);
  void write(socket_handle& to, stream&, const proxy_rule&, connection&);
  void step(connection&, const pollfd* near, const pollfd* far);
  const proxy_rule& rule(int from, int to) const {
    return rules[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)];
  }
  bool cut(const connection& c) const {
    return rule(c.dialer, c.target).hold || rule(c.target, c.dialer).hold;
  }
};

namespace {

/// How long until something that is held may pass; at most `least`.
void sooner(const stream& s, const proxy_rule& r, clock::time_point now, milliseconds& least) {
  if (s.held.empty() || r.hold) return;
  const auto wait = std::chrono::ceil<milliseconds>(s.held.front().due - now);
  least = std::max(milliseconds{0}, std::min(least, wait));
}

bool due(const stream& s, const proxy_rule& r, clock::time_point now) {
  return !s.held.empty() && !r.hold && s.held.front().due <= now;
}

} // namespace

proxy::proxy(int nodes, std::function<pid_t(int)> process_of, std::uint64_t seed)
    : state_(std::make_unique<state>()) {
  auto& s = *state_;
  const auto n = static_cast<std::size_t>(nodes);
  s.process_of = std::move(process_of);
  s.random = cluster::random_stream{seed};
  s.targets.assign(n, 0);
  s.rules.assign(n, std::vector<proxy_rule>(n));
  for (std::size_t i = 0; i < n; ++i) {
    socket_handle fd{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
    auto a = loopback(0);
    socklen_t size = sizeof a;
    if (!fd || ::bind(fd.get(), reinterpret_cast<sockaddr*>(&a), size) != 0
        || ::listen(fd.get(), 256) != 0
        || ::getsockname(fd.get(), reinterpret_cast<sockaddr*>(&a), &size) != 0) {
      failure_ = std::string{"the proxy cannot listen: "} + std::strerror(errno);
      return;
    }
    s.ports.push_back(ntohs(a.sin_port));
    s.listeners.push_back(std::move(fd));
  }
  if (::pipe2(s.wake, O_CLOEXEC | O_NONBLOCK) != 0) {
    failure_ = std::string{"no pipe: "} + std::strerror(errno);
    return;
  }
  s.thread = std::thread([&s] { s.run(); });
}

proxy::~proxy() {
  auto& s = *state_;
  s.over = true;
  if (s.wake[1] >= 0) [[maybe_unused]]
    auto n = ::write(s.wake[1], "x", 1);
  if (s.thread.joinable()) s.thread.join();
  for (const int fd : s.wake)
    if (fd >= 0) ::close(fd);
}

std::string proxy::address(int node) const {
  return "127.0.0.1:" + std::to_string(state_->ports[static_cast<std::size_t>(node)]);
}

void proxy::set_target(int node, std::uint16_t port) {
  std::lock_guard guard(state_->mutex);
  state_->targets[static_cast<std::size_t>(node)] = port;
}

void proxy::set_rule(int from, int to, const proxy_rule& r) {
  std::lock_guard guard(state_->mutex);
  state_->rules[static_cast<std::size_t>(from)][static_cast<std::size_t>(to)] = r;
  [[maybe_unused]] auto n = ::write(state_->wake[1], "x", 1);
}

void proxy::close_mute() {
  std::lock_guard guard(state_->mutex);
  auto& s = *state_;
  for (auto& c : s.connections)
    if (c.mute) c.dead = true; // whoever dialed into the hole may dial again
  [[maybe_unused]] auto n = ::write(s.wake[1], "x", 1);
}

void proxy::reset(int node) {
  std::lock_guard guard(state_->mutex);
  auto& s = *state_;
  for (auto& c : s.connections)
    if (c.dialer == node || c.target == node) {
      c.near.reset();
      c.far.reset();
      c.dead = true;
      ++s.counts.resets;
    }
  [[maybe_unused]] auto n = ::write(s.wake[1], "x", 1);
}

proxy_counts proxy::counts() const {
  std::lock_guard guard(state_->mutex);
  return state_->counts;
}

void proxy::state::accept(std::size_t node) {
  while (true) {
    sockaddr_in from{};
    socklen_t size = sizeof from;
    socket_handle fd{::accept4(listeners[node].get(), reinterpret_cast<sockaddr*>(&from), &size,
                               SOCK_NONBLOCK | SOCK_CLOEXEC)};
    if (!fd) return;
    std::vector<pid_t> processes;
    for (std::size_t i = 0; i < targets.size(); ++i)
      processes.push_back(process_of(static_cast<int>(i)));
    connection c;
    c.dialer = owner_of_port(ntohs(from.sin_port), ports[node], processes);
    c.target = static_cast<int>(node);
    if (c.dialer < 0 || c.dialer == c.target) continue; // it was a look, and has gone
    ++counts.connections;
    at_once(fd.get());
    c.near = std::move(fd);
    c.mute = rule(c.dialer, c.target).mute || rule(c.target, c.dialer).mute;
    if (c.mute || cut(c)) ++counts.held_dials;
    connections.push_back(std::move(c));
  }
}

bool proxy::state::open_far(connection& c) {
  const auto port = targets[static_cast<std::size_t>(c.target)];
  c.far = socket_handle{::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0)};
  const auto a = loopback(port);
  if (port == 0 || !c.far) return false;
  at_once(c.far.get());
  return ::connect(c.far.get(), reinterpret_cast<const sockaddr*>(&a), sizeof a) == 0
         || errno == EINPROGRESS;
}

void proxy::state::read(socket_handle& from, stream& s, const proxy_rule& r) {
  char chunk[16384];
  const auto n = ::recv(from.get(), chunk, sizeof chunk, 0);
  if (n == 0 || (n < 0 && errno != EAGAIN && errno != EINTR)) {
    s.ended = true;
    return;
  }
  if (n < 0) return;
  piece p{clock::now() + r.delay, {chunk, static_cast<std::size_t>(n)}};
  const auto per_mille = [&](int x) { return x > 0 && static_cast<int>(random.up_to(999)) < x; };
  for (auto again = milliseconds{200}; again < milliseconds{3000} && per_mille(r.loss); again *= 2)
    p.due += again;
  if (per_mille(r.corrupt)) {
    const auto bit = random.up_to(p.bytes.size() * 8 - 1);
    p.bytes[bit / 8] = static_cast<char>(p.bytes[bit / 8] ^ (1 << bit % 8));
    ++counts.flipped;
  }
  if (!s.held.empty()) p.due = std::max(p.due, s.held.back().due); // in order
  s.size += p.bytes.size();
  counts.bytes += p.bytes.size();
  s.held.push_back(std::move(p));
}

void proxy::state::write(socket_handle& to, stream& s, const proxy_rule& r, connection& c) {
  const auto now = clock::now();
  while (due(s, r, now)) {
    auto& bytes = s.held.front().bytes;
    const auto n = ::send(to.get(), bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (n < 0) {
      if (errno != EAGAIN && errno != EINTR) c.dead = true;
      return;
    }
    s.size -= static_cast<std::size_t>(n);
    bytes.erase(0, static_cast<std::size_t>(n));
    if (!bytes.empty()) return;
    s.held.pop_front();
  }
}

void proxy::state::step(connection& c, const pollfd* near, const pollfd* far) {
  const auto& out = rule(c.dialer, c.target);
  const auto& back = rule(c.target, c.dialer);
  if (near && (near->revents & (POLLIN | POLLHUP | POLLERR))) read(c.near, c.out, out);
  if (c.connecting && far && (far->revents & (POLLOUT | POLLHUP | POLLERR))) {
    int error = 0;
    socklen_t size = sizeof error;
    ::getsockopt(c.far.get(), SOL_SOCKET, SO_ERROR, &error, &size);
    if (error != 0) c.dead = true;
    c.connecting = false;
  } else if (far && (far->revents & (POLLIN | POLLHUP | POLLERR))) {
    read(c.far, c.back, back);
  }
  if (c.dead) return;
  if (c.far && !c.connecting) {
    write(c.far, c.out, out, c);
    write(c.near, c.back, back, c);
  }
  // The end of a stream goes through like its bytes, when nothing is held.
  if ((c.out.ended && (c.out.held.empty() || !c.far) && !out.hold)
      || (c.back.ended && c.back.held.empty() && !back.hold))
    c.dead = true;
  if (!c.far && !c.mute && !c.dead && !cut(c)) {
    if (open_far(c))
      c.connecting = true;
    else
      c.dead = true;
  }
}

void proxy::state::run() {
  while (!over) {
    std::vector<pollfd> fds{{wake[0], POLLIN, 0}};
    struct slots {
      connection* c;
      std::size_t near, far;
    };
    std::vector<slots> where;
    auto wait = milliseconds{1000};
    {
      std::lock_guard guard(mutex);
      const auto now = clock::now();
      for (const auto& l : listeners) fds.push_back({l.get(), POLLIN, 0});
      connections.remove_if([](const connection& c) { return c.dead; });
      for (auto& c : connections) {
        const auto& out = rule(c.dialer, c.target);
        const auto& back = rule(c.target, c.dialer);
        slots s{&c, 0, 0};
        short near = 0, far = 0;
        if (!c.out.ended && c.out.size < most_held) near |= POLLIN;
        if (due(c.back, back, now)) near |= POLLOUT;
        if (c.connecting || due(c.out, out, now)) far |= POLLOUT;
        if (!c.connecting && !c.back.ended && c.back.size < most_held) far |= POLLIN;
        sooner(c.out, out, now, wait);
        sooner(c.back, back, now, wait);
        if (near) {
          s.near = fds.size();
          fds.push_back({c.near.get(), near, 0});
        }
        if (c.far && far) {
          s.far = fds.size();
          fds.push_back({c.far.get(), far, 0});
        }
        if (!c.far && !c.mute && !cut(c)) wait = milliseconds{0};
        where.push_back(s);
      }
    }
    // A piece that is due and cannot be written waits for POLLOUT, not for time.
    for (const auto& f : fds)
      if (f.events & POLLOUT) wait = std::max(wait, milliseconds{1});
    ::poll(fds.data(), fds.size(), static_cast<int>(wait.count()));
    char drop[64];
    while (::read(wake[0], drop, sizeof drop) > 0) {
    }
    std::lock_guard guard(mutex);
    for (const auto& s : where) {
      if (s.c->dead) continue;
      step(*s.c, s.near ? &fds[s.near] : nullptr, s.far ? &fds[s.far] : nullptr);
    }
    for (std::size_t i = 0; i < listeners.size(); ++i)
      if (fds[1 + i].revents & POLLIN) accept(i);
  }
}

} // namespace rollcall::faults
