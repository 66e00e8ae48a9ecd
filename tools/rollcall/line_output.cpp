#include "tools/rollcall/line_output.hpp"

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <poll.h>
#include <unistd.h>
#include <utility>

namespace rollcall::tool {

using namespace std::chrono_literals;

line_output::line_output(int fd, line_output_setup setup)
    : fd_(fd), setup_(std::move(setup)), writer_([this] { run(); }) {}

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
  drained_.wait(lock, [this] { return waiting_.size() < setup_.limit || broken_ || !waits_; });
  if (broken_) return;
  append(std::move(line));
  lock.unlock();
  filled_.notify_one();
}

void line_output::offer(std::string line) {
  {
    std::lock_guard guard(mutex_);
    if (broken_) return;
    if (waiting_.size() >= setup_.limit + setup_.limit / 4) {
      ++lost_;
      return;
    }
    append(std::move(line));
  }
  filled_.notify_one();
}

void line_output::append(std::string line) {
  if (waiting_.empty())
    waiting_ = std::move(line); // the common case copies nothing
  else
    waiting_ += line;
  waiting_ += '\n';
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

std::uint64_t line_output::written() const {
  std::lock_guard guard(mutex_);
  return written_;
}

void line_output::run() {
  std::unique_lock lock(mutex_);
  while (true) {
    filled_.wait(lock, [this] { return !waiting_.empty() || stopping_; });
    if (waiting_.empty()) return; // stopping, and everything is written
    std::string bytes;
    bytes.swap(waiting_);
    lock.unlock();
    drained_.notify_all(); // now, since the queue has space already
    const bool written = write_all(bytes);
    lock.lock();
    if (!written) {
      broken_ = true;
      waiting_.clear();
      const bool tell = !stopping_;
      lock.unlock();
      drained_.notify_all();
      if (tell && setup_.on_broken) setup_.on_broken();
      return;
    }
    // At their position: after the lines that still fitted.
    if (lost_ > 0 && setup_.lost) append(setup_.lost(std::exchange(lost_, 0)));
  }
}

bool line_output::write_all(const std::string& bytes) {
  constexpr std::chrono::milliseconds step{100};
  std::size_t done = 0;
  auto patience = setup_.patience; // counted only while stopping
  while (done < bytes.size()) {
    pollfd ready{fd_, POLLOUT, 0};
    const int n = ::poll(&ready, 1, static_cast<int>(step.count()));
    if (n < 0 && errno != EINTR) return false;
    if (n <= 0) {
      std::lock_guard guard(mutex_);
      if (stopping_ && (patience -= step).count() <= 0) return false;
      continue;
    }
    // POLLOUT guarantees space for PIPE_BUF bytes only: a larger write to a blocking pipe could
    // block.
    const auto some = std::min<std::size_t>(bytes.size() - done, 4096);
    const auto written = ::write(fd_, bytes.data() + done, some);
    if (written >= 0) {
      done += static_cast<std::size_t>(written);
      std::lock_guard guard(mutex_);
      written_ += static_cast<std::uint64_t>(written);
    } else if (errno != EINTR && errno != EAGAIN) {
      return false;
    }
  }
  return true;
}

} // namespace rollcall::tool
