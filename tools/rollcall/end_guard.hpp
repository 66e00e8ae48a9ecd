// The end of a program, whatever holds it up.
#pragma once

#include <condition_variable>
#include <cstdint>
#include <functional>
#include <mutex>
#include <thread>

namespace rollcall::tool {

/// From `begin` on, the process ends by force with exit code `code()` if 1.8 s go
/// by in which `progress()` stays the same: a reader who does not read, a file
/// system that hangs or a peer holds nothing up. A reader who does read gets all.
class end_guard {
public:
  end_guard(std::function<int()> code, std::function<std::uint64_t()> progress)
      : code_(std::move(code)), progress_(std::move(progress)) {}
  ~end_guard();
  end_guard(const end_guard&) = delete;
  end_guard& operator=(const end_guard&) = delete;

  void begin();
  /// What `progress` looks at is about to go: it is not called any more.
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
