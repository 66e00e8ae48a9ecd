// The wish to end: by SIGINT, SIGTERM or SIGHUP, or by a part of the program.
// SIGHUP may be given another meaning.
//
// Make one before any other thread starts: the signals are blocked in all of
// them, and read here. A second signal ends the process at once.
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

  /// Readable from the moment that the end is wished for.
  int fd() const noexcept { return asked_fd_; }
  bool asked() const noexcept { return asked_; }
  /// By SIGTERM, as whoever deploys does.
  bool terminated() const noexcept { return terminated_; }
  /// Any thread, any number of times.
  void ask() noexcept;
  /// Called from the thread of the signals, before `fd` becomes readable; when
  /// this returns, what was set before is not running any more.
  void on_signal(std::function<void()> f);
  /// From now on SIGHUP does this, in the same thread, and nothing else; null: it
  /// is the wish to end again.
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
