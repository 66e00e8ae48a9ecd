#include "tools/rollcall/interrupt.hpp"

#include <csignal>
#include <cstdint>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

namespace rollcall::tool {

namespace {

void raise_event(int fd) noexcept {
  const std::uint64_t one = 1;
  [[maybe_unused]] auto n = ::write(fd, &one, sizeof one);
}

} // namespace

interrupt::interrupt()
    : asked_fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)), stop_fd_(::eventfd(0, EFD_CLOEXEC)) {
  sigset_t signals;
  ::sigemptyset(&signals);
  for (const int s : {SIGINT, SIGTERM, SIGHUP}) ::sigaddset(&signals, s);
  ::pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  std::signal(SIGPIPE, SIG_IGN); // a closed pipe is an error of write
  signal_fd_ = ::signalfd(-1, &signals, SFD_CLOEXEC);
  thread_ = std::thread([this] { run(); });
}

interrupt::~interrupt() {
  raise_event(stop_fd_);
  thread_.join();
  ::close(asked_fd_);
  ::close(signal_fd_);
  ::close(stop_fd_);
}

void interrupt::ask() noexcept {
  asked_ = true;
  raise_event(asked_fd_);
}

void interrupt::on_signal(std::function<void()> f) {
  std::lock_guard guard(mutex_);
  on_signal_ = std::move(f);
}

void interrupt::on_hangup(std::function<void()> f) {
  std::lock_guard guard(mutex_);
  on_hangup_ = std::move(f);
}

void interrupt::run() {
  pollfd ready[] = {{signal_fd_, POLLIN, 0}, {stop_fd_, POLLIN, 0}};
  bool had_one = false;
  while (true) {
    if (::poll(ready, 2, -1) < 0) continue;
    if (ready[1].revents) return;
    signalfd_siginfo info{};
    if (::read(signal_fd_, &info, sizeof info) != static_cast<ssize_t>(sizeof info)) continue;
    if (info.ssi_signo == SIGHUP && !had_one) {
      std::lock_guard guard(mutex_);
      if (on_hangup_) {
        on_hangup_();
        continue;
      }
    }
    if (had_one) ::_exit(128 + static_cast<int>(info.ssi_signo));
    had_one = true;
    if (info.ssi_signo == SIGTERM) terminated_ = true;
    {
      std::lock_guard guard(mutex_);
      if (on_signal_) on_signal_();
    }
    ask();
  }
}

} // namespace rollcall::tool
