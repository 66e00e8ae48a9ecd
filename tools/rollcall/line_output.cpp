#include "tools/rollcall/line_output.hpp"

#include <cerrno>
#include <chrono>
#include <poll.h>
#include <unistd.h>

namespace rollcall::tool {

using namespace std::chrono_literals;

line_output::line_output(int fd, std::function<void()> on_broken)
    : fd_(fd), on_broken_(std::move(on_broken)), writer_([this] { run(); }) {}

line_output::~line_output() {
  {
    std::lock_guard guard(mutex_);
    stopping_ = true;
    waits_ = false;
  }
  filled_.notify_one();
  drained_.notify_all();
  writer_.join();
}

void line_output::write(std::string line) {
  std::unique_lock lock(mutex_);
  drained_.wait(lock, [this] { return waiting_.size() < limit || broken_ || !waits_; });
  if (broken_) return;
  if (waiting_.empty())
    waiting_ = std::move(line); // the common case copies nothing
  else
    waiting_ += line;
  waiting_ += '\n';
  lock.unlock();
  filled_.notify_one();
}

void line_output::stop_waiting() {
  {
    std::lock_guard guard(mutex_);
    waits_ = false;
  }
  drained_.notify_all();
}

std::size_t line_output::waiting() const {
  std::lock_guard guard(mutex_);
  return waiting_.size();
}

void line_output::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    filled_.wait(lock, [this] { return !waiting_.empty() || stopping_; });
    if (waiting_.empty()) return; // stopping, and all is written
    std::string bytes;
    bytes.swap(waiting_);
    lock.unlock();
    const bool written = write_all(bytes);
    lock.lock();
    if (!written) {
      broken_ = true;
      waiting_.clear();
      const bool tell = !stopping_;
      lock.unlock();
      drained_.notify_all();
      if (tell && on_broken_) on_broken_();
      return;
    }
    drained_.notify_all();
  }
}

bool line_output::write_all(const std::string& bytes) {
  std::size_t done = 0;
  int patience = 20; // × 100 ms, counted only once we are stopping
  while (done < bytes.size()) {
    pollfd ready{fd_, POLLOUT, 0};
    const int n = ::poll(&ready, 1, 100);
    if (n < 0 && errno != EINTR) return false;
    if (n <= 0) {
      std::lock_guard guard(mutex_);
      if (stopping_ && --patience == 0) return false;
      continue;
    }
    // POLLOUT promises room for PIPE_BUF bytes only: a larger write to a pipe
    // that blocks could hold us after all.
    const auto some = std::min<std::size_t>(bytes.size() - done, 4096);
    const auto written = ::write(fd_, bytes.data() + done, some);
    if (written >= 0)
      done += static_cast<std::size_t>(written);
    else if (errno != EINTR && errno != EAGAIN)
      return false;
  }
  return true;
}

} // namespace rollcall::tool
