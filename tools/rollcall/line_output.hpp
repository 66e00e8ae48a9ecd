// Writes lines to stdout or stderr from any thread; lines never mix.
//
// A separate thread writes, so that a slow reader does not block actors. The queue is bounded.
// `write` blocks while the queue is full: call it only where that is acceptable, as in the
// session (the next command then waits) and in callbacks of subscriptions (which are then slow
// subscribers). `offer` does not block: if the queue is full the line is dropped and counted,
// and the number is reported when there is space again.
#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <thread>
#include <utility>

namespace rollcall::tool {

struct line_output_setup {
  /// Called once, in the writing thread, if the output is closed.
  std::function<void()> on_broken{};
  /// Makes the line that reports dropped lines.
  std::function<std::string(std::size_t lost)> lost{};
  std::size_t limit = 16 * 1024 * 1024;
  /// How long the destructor waits for a reader that does not read.
  std::chrono::milliseconds patience{600};
};

class line_output {
public:
  /// Writes to `fd`, which the caller owns.
  line_output(int fd, line_output_setup);
  line_output(int fd, std::function<void()> on_broken)
      : line_output(fd, line_output_setup{std::move(on_broken)}) {}
  /// Writes the rest of the queue.
  ~line_output();
  line_output(const line_output&) = delete;
  line_output& operator=(const line_output&) = delete;

  /// Queues a line without newline; blocks while the queue is full. Lines are dropped silently
  /// after the output was closed.
  void write(std::string line);
  /// The same, but drops the line while the limit is exceeded by a quarter. So callers of `write`
  /// that wait do not cause losses here.
  void offer(std::string line);
  /// `write` does not block any more.
  void stop_waiting();
  /// Returns the number of queued bytes.
  std::size_t waiting() const;
  /// Returns the number of bytes written.
  std::uint64_t written() const;

  static constexpr std::size_t limit = 16 * 1024 * 1024; ///< unless the setup says otherwise

private:
  void run();
  bool write_all(const std::string& bytes);
  void append(std::string line);

  const int fd_;
  const line_output_setup setup_;
  mutable std::mutex mutex_;
  std::condition_variable filled_, drained_;
  std::string waiting_;
  std::size_t lost_ = 0;
  std::uint64_t written_ = 0;
  bool waits_ = true;
  bool stopping_ = false;
  bool broken_ = false;
  std::thread writer_;
};

} // namespace rollcall::tool
