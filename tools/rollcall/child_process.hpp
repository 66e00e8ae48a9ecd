// A process of our own, with pipes to its stdin and from its stdout.
//
// Ends with us in any case: by the destructor, and by the kernel if we are
// killed ourselves.
//
// Threads: one at a time, and only the one that started it (the kernel ends
// the child when that *thread* ends).
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <vector>

namespace rollcall::tool {

class child_process {
public:
  /// Where its stderr goes: empty: where ours goes, else to that file (appended).
  struct settings {
    std::string stderr_file;
  };

  child_process() = default;
  /// Starts `argv[0]` (a path, no search). `failure()` tells if that failed.
  explicit child_process(const std::vector<std::string>& argv, const settings& = {});
  ~child_process() { end(); }
  child_process(child_process&&) noexcept;
  child_process& operator=(child_process&&) noexcept;

  const std::string& failure() const noexcept { return failure_; }
  pid_t pid() const noexcept { return pid_; }     ///< 0: none, or ended and waited for
  int output_fd() const noexcept { return out_; } ///< to poll; -1 once it is closed

  /// Writes the line and its end; false if nobody reads it any more.
  bool write_line(std::string_view line);
  void close_input();

  enum class read_result { line, timeout, closed };
  /// The next whole line of its stdout, waiting at most so long (0: not at all).
  read_result read_line(std::string& line, std::chrono::milliseconds timeout);

  void send_signal(int signal) const;
  /// Its exit code, or 128 + the signal that ended it, if it ends in that time.
  std::optional<int> wait(std::chrono::milliseconds timeout);
  /// Kills it if it still lives (suspended or not), waits for it, closes all.
  void end() noexcept;

private:
  void swap(child_process&) noexcept;

  pid_t pid_ = 0;
  int in_ = -1, out_ = -1;
  std::optional<int> status_;
  std::string buffer_;
  std::size_t start_ = 0;   // of what is not handed out yet
  std::size_t scanned_ = 0; // up to here there is no line end after start_
  std::string failure_;
};

/// The path of the program that runs.
std::string own_path();

} // namespace rollcall::tool
