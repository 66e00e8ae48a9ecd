// Lines to stdout, from any thread, each whole and at once.
//
// A thread of its own writes, so that a reader who is slow or stopped never
// stops an actor that computes. What waits is bounded: `write` waits for room.
// So call it only where waiting does no harm: in the session (no answer, no
// next command), and in callbacks that have an actor of their own.
#pragma once

#include <condition_variable>
#include <cstddef>
#include <functional>
#include <mutex>
#include <string>
#include <thread>

namespace rollcall::tool {

class line_output {
public:
  /// Writes to `fd`, which stays the caller's. `on_broken` is called once, from
  /// the writing thread, if nobody reads any more.
  line_output(int fd, std::function<void()> on_broken);
  /// Writes what is left, then ends. A reader who does not read holds this up
  /// for two seconds at most.
  ~line_output();
  line_output(const line_output&) = delete;
  line_output& operator=(const line_output&) = delete;

  /// Takes a line without its end; waits while the limit is exceeded. Dropped
  /// without a word once the output is broken.
  void write(std::string line);
  /// From now on `write` does not wait: the end has come.
  void stop_waiting();
  /// How much waits to be written.
  std::size_t waiting() const;

  static constexpr std::size_t limit = 16 * 1024 * 1024;

private:
  void run();
  bool write_all(const std::string& bytes);

  const int fd_;
  std::function<void()> on_broken_;
  mutable std::mutex mutex_;
  std::condition_variable filled_, drained_;
  std::string waiting_;
  bool waits_ = true;
  bool stopping_ = false;
  bool broken_ = false;
  std::thread writer_;
};

} // namespace rollcall::tool
