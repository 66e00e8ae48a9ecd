// One `rollcall node` process of the cluster under test: started, asked without
// waiting, broken, started again.
#pragma once

#include "tools/rollcall/child_process.hpp"

#include <boost/json/object.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::faults {

class member {
public:
  using object = boost::json::object;
  using on_answer = std::function<void(const object&, bool ok)>;
  using on_event = std::function<void(const object&)>;
  enum class state { off, starting, up };

  /// `command` is everything; `log` is where its stderr goes.
  void start(const std::vector<std::string>& command, const std::string& log);
  /// SIGKILL, and waits for the end. Answers that are not read yet never come.
  void kill();
  /// Ends its input and waits: in order within that time, or not.
  bool quit(std::chrono::milliseconds limit);
  void signal(int x) { process_.send_signal(x); }

  /// Sends a command (an object without "id") when the node is up.
  void ask(std::string_view command, on_answer);
  std::size_t waiting() const noexcept { return pending_.size(); }

  /// Takes what it wrote. False: it has ended by itself.
  bool take(const on_event&);
  /// Its exit code, when `take` said that it has ended.
  int exit_code();

  state now() const noexcept { return state_; }
  int output_fd() const noexcept { return process_.output_fd(); }
  pid_t pid() const noexcept { return process_.pid(); }

private:
  tool::child_process process_;
  state state_ = state::off;
  std::map<std::uint64_t, on_answer> pending_;
  std::uint64_t next_ = 1;
};

/// Resident memory of a process in kB; 0: unknown.
long resident_kb(pid_t);
/// Open file descriptors of a process.
std::size_t open_files(pid_t);
/// The soft limit of its open files; 0 sets it back to the hard limit.
void limit_files(pid_t, std::size_t);

} // namespace rollcall::faults
