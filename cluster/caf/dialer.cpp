#include "cluster/caf/dialer.hpp"

#include <algorithm>
#include <cerrno>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <netdb.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <system_error>
#include <thread>
#include <unistd.h>
#include <utility>

namespace rollcall::cluster {

namespace {

using std::chrono::milliseconds;
using steady = std::chrono::steady_clock;

/// Owns a file descriptor.
class descriptor {
public:
  explicit descriptor(int fd) noexcept : fd_(fd) {}
  ~descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  descriptor(const descriptor&) = delete;
  descriptor& operator=(const descriptor&) = delete;
  int get() const noexcept { return fd_; }
  int release() noexcept { return std::exchange(fd_, -1); }

private:
  int fd_;
};

std::string text_of(int error) { return std::error_code{error, std::generic_category()}.message(); }

struct endpoint_name {
  std::string ip;
  std::string port;
};

endpoint_name numeric(const sockaddr* x, socklen_t size) {
  char host[NI_MAXHOST] = {};
  char port[NI_MAXSERV] = {};
  if (::getnameinfo(x, size, host, sizeof host, port, sizeof port, NI_NUMERICHOST | NI_NUMERICSERV)
      != 0)
    return {};
  return {host, port};
}

endpoint_name own_end(int fd) {
  sockaddr_storage x{};
  socklen_t size = sizeof x;
  if (::getsockname(fd, reinterpret_cast<sockaddr*>(&x), &size) != 0) return {};
  return numeric(reinterpret_cast<const sockaddr*>(&x), size);
}

/// Returns 0, ECANCELED or ETIMEDOUT.
int wait_until(int fd, short events, steady::time_point end, int cancel_fd) {
  for (;;) {
    const auto left = std::chrono::ceil<milliseconds>(end - steady::now()).count();
    if (left <= 0) return ETIMEDOUT;
    pollfd fds[2] = {{fd, events, 0}, {cancel_fd, POLLIN, 0}};
    const auto n =
        ::poll(fds, cancel_fd >= 0 ? 2 : 1, static_cast<int>(std::min<long long>(left, 60'000)));
    if (n < 0 && errno != EINTR) return errno;
    if (fds[1].revents != 0) return ECANCELED;
    if (n > 0 && fds[0].revents != 0) return 0;
  }
}

/// Returns 0 or an errno, including ECANCELED and ETIMEDOUT.
int connect_until(int fd, const sockaddr* to, socklen_t size, steady::time_point end,
                  int cancel_fd) {
  if (::connect(fd, to, size) == 0) return 0;
  if (errno != EINPROGRESS && errno != EINTR) return errno;
  if (const int error = wait_until(fd, POLLOUT, end, cancel_fd); error != 0) return error;
  int error = 0;
  socklen_t length = sizeof error;
  if (::getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &length) != 0) return errno;
  return error;
}

dialer::answer no(errc code, std::string why) { return {nullptr, false, {code, std::move(why)}}; }

dialer::answer handshake(int fd, const dial_how& how, int cancel_fd) {
  admission by{fd, tls_role::client, how.tls, how.ours};
  const auto end = steady::now() + how.greeting_timeout;
  for (;;) {
    switch (by.advance()) {
    case admission::state::done:
      return {by.take(), false, {}};
    case admission::state::failed:
      if (by.self()) return {nullptr, true, {}};
      return {nullptr, false, by.why()};
    case admission::state::pending:
      break;
    }
    const int error = wait_until(fd, by.wants(), end, cancel_fd);
    if (error == ETIMEDOUT)
      return no(errc::unreachable,
                "it takes connections, but does not answer as a node of ours: is "
                "it one, with TLS as here? (waited "
                    + std::to_string(how.greeting_timeout.count()) + " ms for " + by.waiting_for()
                    + ")");
    if (error != 0) return no(errc::unreachable, text_of(error));
  }
}

} // namespace

dialer::answer dial(const address& where, const dial_how& how, int cancel_fd) {
  const auto end = steady::now() + how.connect_timeout;
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const auto port = std::to_string(where.port);
  if (const auto error = ::getaddrinfo(where.host.c_str(), port.c_str(), &hints, &found);
      error != 0)
    return no(errc::unreachable,
              "the name " + where.host + " cannot be resolved: "
                  + (error == EAI_SYSTEM ? text_of(errno) : std::string{::gai_strerror(error)}));
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all{found, &::freeaddrinfo};
  auto result = no(errc::unreachable, "the name " + where.host + " has no address");
  for (const auto* i = all.get(); i != nullptr; i = i->ai_next) {
    const auto there = numeric(i->ai_addr, i->ai_addrlen);
    if (how.loopback_only && !is_loopback(there.ip)) {
      result = no(errc::not_loopback,
                  there.ip
                      + " is beyond loopback, and plain TCP is for loopback only: use TLS, "
                        "or allow insecure plain TCP");
      continue;
    }
    descriptor fd{
        ::socket(i->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, i->ai_protocol)};
    if (fd.get() < 0) {
      result = no(errc::unreachable, text_of(errno));
      continue;
    }
    auto error = connect_until(fd.get(), i->ai_addr, i->ai_addrlen, end, cancel_fd);
    const auto here = error == 0 ? own_end(fd.get()) : endpoint_name{};
    // If nothing listens on an ephemeral port, a socket may connect to itself.
    if (error == 0 && here.ip == there.ip && here.port == there.port) error = ECONNREFUSED;
    if (error == 0) return handshake(fd.release(), how, cancel_fd);
    result =
        no(errc::unreachable,
           "cannot connect to " + there.ip + ": "
               + (error == ETIMEDOUT
                      ? "no answer within " + std::to_string(how.connect_timeout.count()) + " ms"
                      : text_of(error)));
    if (error == ECANCELED || error == ETIMEDOUT) return result;
  }
  return result;
}

dialer::found_name look_up(const address& name) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (const auto error = ::getaddrinfo(name.host.c_str(), nullptr, &hints, &found); error != 0)
    return {{},
            "the name " + name.host + " cannot be resolved: "
                + (error == EAI_SYSTEM ? text_of(errno) : std::string{::gai_strerror(error)})};
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> all{found, &::freeaddrinfo};
  dialer::found_name result;
  for (const auto* i = all.get(); i != nullptr; i = i->ai_next)
    if (auto ip = numeric(i->ai_addr, i->ai_addrlen).ip; !ip.empty())
      result.addresses.push_back({std::move(ip), name.port});
  if (result.addresses.empty()) result.why = "the name " + name.host + " has no address";
  return result;
}

// -- threads -----------------------------------------------------------------------

struct dialer::shared {
  /// Performs the request, and returns the call that reports its result.
  using task = std::function<std::function<void()>(int cancel_fd)>;

  explicit shared(std::size_t most) : most_threads(most), cancel{::eventfd(0, EFD_CLOEXEC)} {}

  std::size_t most_threads;
  descriptor cancel; ///< readable after `close`
  std::mutex mutex;  ///< guards what follows
  std::condition_variable work;
  std::deque<task> tasks;
  std::size_t threads = 0;
  std::size_t waiting = 0;
  bool closed = false;
  std::mutex calling; ///< held while a callback runs; never taken before `mutex`

  static void run(const std::shared_ptr<shared>& self) {
    std::unique_lock lock{self->mutex};
    for (;;) {
      ++self->waiting;
      self->work.wait(lock, [&] { return self->closed || !self->tasks.empty(); });
      --self->waiting;
      if (self->closed) return;
      auto next = std::move(self->tasks.front());
      self->tasks.pop_front();
      lock.unlock();
      auto tell = next(self->cancel.get());
      next = nullptr;
      {
        const std::lock_guard call{self->calling};
        lock.lock();
        const bool closed = self->closed;
        lock.unlock();
        if (closed) return;
        tell();
        tell = nullptr; // its captures must not outlive `close`
      }
      lock.lock();
    }
  }

  static void add(const std::shared_ptr<shared>& self, task what) {
    auto& x = *self;
    const std::lock_guard lock{x.mutex};
    if (x.closed) return;
    x.tasks.push_back(std::move(what));
    if (x.waiting < x.tasks.size() && x.threads < x.most_threads) {
      try {
        std::thread{run, self}.detach();
        ++x.threads;
      } catch (const std::system_error&) {
        // No thread could be started: the existing ones go on; if there are none, the
        // next request tries again.
      }
    }
    x.work.notify_one();
  }

  void close() {
    std::deque<task> forgotten;
    {
      const std::lock_guard lock{mutex};
      closed = true;
      forgotten.swap(tasks);
    }
    const std::uint64_t one = 1;
    [[maybe_unused]] const auto written = ::write(cancel.get(), &one, sizeof one);
    work.notify_all();
    const std::lock_guard wait_for_callback{calling};
  }
};

dialer::dialer(std::size_t threads, std::size_t look_up_threads)
    : dials_(std::make_shared<shared>(std::max<std::size_t>(threads, 1))),
      look_ups_(std::make_shared<shared>(std::max<std::size_t>(look_up_threads, 1))) {}

dialer::~dialer() { close(); }

void dialer::ask(address where, std::shared_ptr<const dial_how> how, callback done) {
  shared::add(dials_,
              [where = std::move(where), how = std::move(how),
               done = std::move(done)](int cancel_fd) -> std::function<void()> {
                auto found = std::make_shared<answer>(dial(where, *how, cancel_fd));
                return [found, done] { done(std::move(*found)); };
              });
}

void dialer::look_up(address name, look_up_callback done) {
  shared::add(look_ups_,
              [name = std::move(name), done = std::move(done)](int) -> std::function<void()> {
                auto found = cluster::look_up(name);
                return [found = std::move(found), done] { done(found); };
              });
}

void dialer::close() {
  dials_->close();
  look_ups_->close();
}

} // namespace rollcall::cluster
