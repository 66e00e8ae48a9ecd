// Lines to stdout or stderr, from any thread, each whole and at once.
//
// A thread of its own writes, so that a reader who is slow or stopped never
// stops an actor that computes. What waits is bounded. `write` waits for room:
// call it only where waiting does no harm, as in the session (no answer, no next
// command) and in the callbacks of a subscription (which is then a slow one).
// `offer` never waits: without room the line is lost, counted, and that is said
// once there is room again.
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
  /// Called once, from the writing thread, if nobody reads any more.
  std::function<void()> on_broken{};
  /// The line that says how many were lost.
  std::function<std::string(std::size_t lost)> lost{};
  std::size_t limit = 16 * 1024 * 1024;
  /// At the end: how long a reader who does not read holds it up.
  std::chrono::milliseconds patience{600};
};

class line_output {
public:
  /// Writes to `fd`, which stays the caller's.
  line_output(int fd, line_output_setup);
  line_output(int fd, std::function<void()> on_broken)
      : line_output(fd, line_output_setup{std::move(on_broken)}) {}
  /// Writes what is left, then ends.
  ~line_output();
  line_output(const line_output&) = delete;
  line_output& operator=(const line_output&) = delete;

  /// Takes a line without its end; waits while the limit is exceeded. Dropped
  /// without a word once the output is broken.
  void write(std::string line);
  /// The same, but lost while the limit is exceeded by a quarter. So what waits
  /// for room by `write` does not displace what cannot wait.
  void offer(std::string line);
  /// From now on `write` does not wait: the end has come.
  void stop_waiting();
  /// How much waits to be written.
  std::size_t waiting() const;
  /// Bytes written so far.
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
