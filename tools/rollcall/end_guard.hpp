// Ends a program in bounded time, whatever blocks it.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace rollcall::tool {

/// After `begin`, the process is ended by force with exit code `code()` if `progress()` does not
/// change for 1.8 s. So a reader that does not read, a file system that hangs, or a peer cannot
/// block the end; a slow reader still gets everything.
class end_guard {
public:
  end_guard(std::function<int()> code, std::function<std::uint64_t()> progress)
      : code_(std::move(code)), progress_(std::move(progress)) {}
  ~end_guard();
  end_guard(const end_guard&) = delete;
  end_guard& operator=(const end_guard&) = delete;

  void begin();
  /// `progress` is not called any more, since its data is about to be destroyed.
  void no_more_progress();

private:
  void run();

  std::function<int()> code_;
  std::function<std::uint64_t()> progress_;
  std::mutex mutex_;
  std::condition_variable ended_;
  bool over_ = false;
  std::thread thread_;
};

} // namespace rollcall::tool
