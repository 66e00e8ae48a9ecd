#include "phoenix/inbox.hpp"

#include "phoenix/limits.hpp"

#include <sys/eventfd.h>
#include <unistd.h>

namespace rollcall::phoenix {

inbox::inbox() : fd_(::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

inbox::~inbox() {
  for (const auto& x : items_)
    if (const auto* d = std::get_if<dialed>(&x); d != nullptr && d->fd >= 0) ::close(d->fd);
  ::close(fd_);
}

void inbox::wake() {
  const std::uint64_t one = 1;
  static_cast<void>(::write(fd_, &one, sizeof one));
}

void inbox::put(inbox_item x) {
  {
    std::lock_guard guard(mutex_);
    items_.push_back(std::move(x));
  }
  wake();
}

void inbox::put_or_wait(inbox_item x) {
  {
    std::unique_lock guard(mutex_);
    room_.wait(guard, [&] { return ended_ || items_.size() < limit::inbox_items; });
    if (ended_) return;
    items_.push_back(std::move(x));
  }
  wake();
}

void inbox::end() {
  {
    std::lock_guard guard(mutex_);
    ended_ = true;
  }
  room_.notify_all();
  wake();
}

bool inbox::ended() const {
  std::lock_guard guard(mutex_);
  return ended_;
}

std::deque<inbox_item> inbox::take() {
  std::uint64_t n = 0;
  static_cast<void>(::read(fd_, &n, sizeof n));
  std::deque<inbox_item> all;
  {
    std::lock_guard guard(mutex_);
    all.swap(items_);
  }
  room_.notify_all();
  return all;
}

} // namespace rollcall::phoenix
