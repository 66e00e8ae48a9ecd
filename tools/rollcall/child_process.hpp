// A child process with pipes to its stdin and from its stdout.
//
// The child ends with this process: by the destructor, or by the kernel if this process is
// killed.
//
// Thread-safety: none; only the thread that started it, since the kernel kills the child when
// that *thread* ends.
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
  /// File that its stderr is appended to; empty: our stderr.
  struct settings {
    std::string stderr_file;
  };

  child_process() = default;
  /// Starts `argv[0]`, which must be a path. `failure()` reports errors.
  explicit child_process(const std::vector<std::string>& argv, const settings& = {});
  ~child_process() { end(); }
  child_process(child_process&&) noexcept;
  child_process& operator=(child_process&&) noexcept;

  const std::string& failure() const noexcept { return failure_; }
  pid_t pid() const noexcept { return pid_; }     ///< 0: none, or ended and waited for
  int output_fd() const noexcept { return out_; } ///< to poll; -1 once it is closed

  /// Writes the line and a newline. Returns false if the pipe is closed.
  bool write_line(std::string_view line);
  void close_input();

  enum class read_result { line, timeout, closed };
  /// Reads the next line of its stdout; waits at most that long (0: does not wait).
  read_result read_line(std::string& line, std::chrono::milliseconds timeout);

  void send_signal(int signal) const;
  /// Returns its exit code, or 128 + the signal that ended it, if it ends in that time.
  std::optional<int> wait(std::chrono::milliseconds timeout);
  /// Kills it if it is running (also if suspended), waits for it, closes the pipes.
  void end() noexcept;

private:
  void swap(child_process&) noexcept;

  pid_t pid_ = 0;
  int in_ = -1, out_ = -1;
  std::optional<int> status_;
  std::string buffer_;
  std::size_t start_ = 0;   // of the bytes that are not returned yet
  std::size_t scanned_ = 0; // there is no newline between start_ and here
  std::string failure_;
};

/// Returns the path of the running program.
std::string own_path();

} // namespace rollcall::tool
