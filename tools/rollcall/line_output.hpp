// Lines to stdout, from any thread, each whole and at once.
//
// A thread of its own writes, so that a reader who is slow or stopped never
// stops an actor. What waits is bounded: `answer` waits for room (no answer,
// no next command), `event` waits too but only as long as the output lives;
// events come from a thread that may wait, never from an actor.
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

  /// Takes a line without its end and waits while more than the limit is
  /// waiting. Dropped without a word once the output is broken.
  void write(std::string line);
  /// Takes a line however much waits: for callers who must not wait.
  void write_now(std::string line);
  /// How much waits to be written.
  std::size_t waiting() const;

  static constexpr std::size_t limit = 16 * 1024 * 1024;

private:
  void push(std::unique_lock<std::mutex>&, std::string&& line);
  void run();
  bool write_all(const std::string& bytes);

  const int fd_;
  std::function<void()> on_broken_;
  mutable std::mutex mutex_;
  std::condition_variable filled_, drained_;
  std::string waiting_;
  bool stopping_ = false;
  bool broken_ = false;
  std::thread writer_;
};

} // namespace rollcall::tool
