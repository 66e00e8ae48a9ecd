// Requests to end: by SIGINT, SIGTERM or SIGHUP, or by a part of the program. SIGHUP can get
// another meaning.
//
// Construct it before any other thread starts: the signals are blocked in all threads and read
// here. A second signal ends the process at once.
#pragma once

#include <atomic>
#include <functional>
#include <mutex>
#include <thread>

namespace rollcall::tool {

class interrupt {
public:
  interrupt();
  ~interrupt();
  interrupt(const interrupt&) = delete;
  interrupt& operator=(const interrupt&) = delete;

  /// Readable after the end was requested.
  int fd() const noexcept { return asked_fd_; }
  bool asked() const noexcept { return asked_; }
  /// The end was requested by SIGTERM, as in a deploy.
  bool terminated() const noexcept { return terminated_; }
  /// Requests the end. Thread-safety: any thread. Idempotent.
  void ask() noexcept;
  /// Sets a function that is called in the thread of the signals, before `fd` becomes readable.
  /// After this returns, the previous function is not running.
  void on_signal(std::function<void()> f);
  /// Sets the function that SIGHUP calls, in the same thread. Null: SIGHUP requests the end.
  void on_hangup(std::function<void()> f);

private:
  void run();

  std::atomic<bool> asked_ = false, terminated_ = false;
  int asked_fd_ = -1, signal_fd_ = -1, stop_fd_ = -1;
  std::mutex mutex_;
  std::function<void()> on_signal_;
  std::function<void()> on_hangup_;
  std::thread thread_;
};

} // namespace rollcall::tool
