#include "tools/rollcall/process_watch.hpp"

#include <cerrno>
#include <cstring>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/syscall.h>
#include <unistd.h>

namespace rollcall::tool {

namespace {

/// By number, since glibc has a wrapper only since 2.36.
int open_pidfd(pid_t process) {
#ifdef SYS_pidfd_open
  return static_cast<int>(::syscall(SYS_pidfd_open, process, 0));
#else
  return static_cast<int>(::syscall(434, process, 0)); // the same number on every architecture
#endif
}

} // namespace

process_watch::process_watch(std::function<void(std::uint64_t)> on_end)
    : on_end_(std::move(on_end)),
      epoll_(::epoll_create1(EPOLL_CLOEXEC)),
      stop_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {
  epoll_event e{};
  e.events = EPOLLIN;
  e.data.fd = stop_;
  ::epoll_ctl(epoll_, EPOLL_CTL_ADD, stop_, &e);
  thread_ = std::thread([this] { run(); });
}

process_watch::~process_watch() {
  const std::uint64_t one = 1;
  [[maybe_unused]] auto n = ::write(stop_, &one, sizeof one);
  thread_.join();
  for (const auto& [fd, ticket] : tickets_) ::close(fd);
  ::close(epoll_);
  ::close(stop_);
}

process_watch::result process_watch::watch(pid_t process, std::uint64_t ticket, std::string& why) {
  if (process <= 0) return result::no_such_process;
  const int fd = open_pidfd(process);
  if (fd < 0) {
    // EINVAL: the id of a thread, not of a process.
    if (errno == ESRCH || errno == EINVAL) return result::no_such_process;
    why = errno == ENOSYS ? "this kernel has no pidfd: Linux 5.3 or later is needed"
                          : std::strerror(errno);
    return result::failed;
  }
  {
    std::lock_guard guard(mutex_);
    tickets_.emplace(fd, ticket);
  }
  epoll_event e{};
  e.events = EPOLLIN | EPOLLONESHOT;
  e.data.fd = fd;
  if (::epoll_ctl(epoll_, EPOLL_CTL_ADD, fd, &e) == 0) return result::watching;
  why = std::strerror(errno);
  std::lock_guard guard(mutex_);
  tickets_.erase(fd);
  ::close(fd);
  return result::failed;
}

void process_watch::run() {
  epoll_event ready[64];
  while (true) {
    const int n = ::epoll_wait(epoll_, ready, 64, -1);
    if (n < 0 && errno != EINTR) return;
    for (int i = 0; i < n; ++i) {
      const int fd = ready[i].data.fd;
      if (fd == stop_) return;
      std::uint64_t ticket;
      {
        std::lock_guard guard(mutex_);
        auto found = tickets_.find(fd);
        if (found == tickets_.end()) continue;
        ticket = found->second;
        tickets_.erase(found);
        ::close(fd); // with the lock held, since the next watch may get the same number
      }
      on_end_(ticket);
    }
  }
}

} // namespace rollcall::tool
