// Reports the end of any process of this host.
//
// Uses pidfds (Linux 5.3): a pidfd always refers to the same process, even if its number is reused,
// and becomes readable at its end, so no polling is needed.
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
    failed, ///< see `last_error`: out of file descriptors, or an old kernel
  };

  /// Calls `on_end(ticket)` once for each watched process, in a thread of this object, when the
  /// process has ended (also if it is a zombie).
  explicit process_watch(std::function<void(std::uint64_t ticket)> on_end);
  ~process_watch();
  process_watch(const process_watch&) = delete;
  process_watch& operator=(const process_watch&) = delete;

  /// Watches a process. `ticket`: an id of the caller. `on_end` may be called before this
  /// returns.
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
