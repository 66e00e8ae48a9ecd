// Tells when processes of this host end, whoever started them.
//
// By pidfd (Linux 5.3): a pidfd names one process and never the next one that
// gets its number, its end wakes us up at once, and nothing is polled.
#pragma once

#include <cstdint>
#include <functional>
#include <mutex>
#include <string>
#include <sys/types.h>
#include <thread>
#include <unordered_map>

namespace rollcall::tool {

class process_watch {
public:
  enum class result {
    watching,
    no_such_process,
    failed, ///< `last_error` says why: no more file descriptors, an old kernel
  };

  /// `on_end(ticket)` comes once for each watched process, from a thread of
  /// this object, when the process has ended (a zombie has).
  explicit process_watch(std::function<void(std::uint64_t ticket)> on_end);
  ~process_watch();
  process_watch(const process_watch&) = delete;
  process_watch& operator=(const process_watch&) = delete;

  /// Watches until the end. `ticket` is the caller's name for it. `on_end` may
  /// come before this has returned.
  result watch(pid_t process, std::uint64_t ticket, std::string& why);

private:
  void run();

  std::function<void(std::uint64_t)> on_end_;
  int epoll_ = -1;
  int stop_ = -1;
  std::mutex mutex_;
  std::unordered_map<int, std::uint64_t> tickets_; // by pidfd
  std::thread thread_;
};

} // namespace rollcall::tool
