#include "tools/rollcall/child_process.hpp"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <cstring>
#include <fcntl.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace rollcall::tool {

using namespace std::chrono;

namespace {

void close_fd(int& fd) noexcept {
  if (fd >= 0) ::close(fd);
  fd = -1;
}

/// Runs between fork and exec: async-signal-safe calls only.
[[noreturn]] void become(char* const* argv, int in, int out, const char* stderr_file, int report,
                         pid_t parent) {
  ::prctl(PR_SET_PDEATHSIG, SIGKILL);
  ::setpgid(0, 0);                    // so that Ctrl-C does not reach it; the parent ends it
  bool ready = ::getppid() == parent; // false if the parent died before the line above
  ready = ready && ::dup2(in, STDIN_FILENO) >= 0 && ::dup2(out, STDOUT_FILENO) >= 0;
  if (ready && stderr_file) {
    const int fd = ::open(stderr_file, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    ready = fd >= 0 && ::dup2(fd, STDERR_FILENO) >= 0;
  }
  sigset_t none;
  ::sigemptyset(&none);
  ::sigprocmask(SIG_SETMASK, &none, nullptr);
  ::signal(SIGPIPE, SIG_DFL);
  if (ready) ::execv(argv[0], argv);
  const int error = errno;
  [[maybe_unused]] auto n = ::write(report, &error, sizeof error);
  ::_exit(127);
}

} // namespace

child_process::child_process(const std::vector<std::string>& args, const settings& with) {
  int in[2] = {-1, -1}, out[2] = {-1, -1}, report[2] = {-1, -1};
  std::vector<char*> argv;
  for (const auto& x : args) argv.push_back(const_cast<char*>(x.c_str()));
  argv.push_back(nullptr);
  if (::pipe2(in, O_CLOEXEC) == 0 && ::pipe2(out, O_CLOEXEC) == 0
      && ::pipe2(report, O_CLOEXEC) == 0) {
    const auto parent = ::getpid();
    pid_ = ::fork();
    if (pid_ == 0)
      become(argv.data(), in[0], out[1],
             with.stderr_file.empty() ? nullptr : with.stderr_file.c_str(), report[1], parent);
  } else {
    pid_ = -1;
  }
  if (pid_ < 0) {
    failure_ = std::strerror(errno);
    pid_ = 0;
  }
  close_fd(in[0]);
  close_fd(out[1]);
  close_fd(report[1]);
  int error = 0;
  // A successful exec closes the pipe; a failed one writes its errno.
  if (pid_ > 0 && ::read(report[0], &error, sizeof error) == static_cast<ssize_t>(sizeof error)) {
    failure_ = args[0] + ": " + std::strerror(error);
    ::waitpid(pid_, nullptr, 0);
    pid_ = 0;
  }
  close_fd(report[0]);
  in_ = in[1];
  out_ = out[0];
  if (pid_ == 0) {
    close_fd(in_);
    close_fd(out_);
  }
}

child_process::child_process(child_process&& other) noexcept { swap(other); }

child_process& child_process::operator=(child_process&& other) noexcept {
  child_process taken(std::move(other));
  swap(taken);
  return *this;
}

void child_process::swap(child_process& other) noexcept {
  std::swap(pid_, other.pid_);
  std::swap(in_, other.in_);
  std::swap(out_, other.out_);
  std::swap(status_, other.status_);
  buffer_.swap(other.buffer_);
  std::swap(start_, other.start_);
  std::swap(scanned_, other.scanned_);
  failure_.swap(other.failure_);
}

bool child_process::write_line(std::string_view line) {
  if (in_ < 0) return false;
  std::string text(line);
  text += '\n';
  std::size_t done = 0;
  while (done < text.size()) {
    const auto n = ::write(in_, text.data() + done, text.size() - done);
    if (n >= 0)
      done += static_cast<std::size_t>(n);
    else if (errno != EINTR)
      return false;
  }
  return true;
}

void child_process::close_input() { close_fd(in_); }

child_process::read_result child_process::read_line(std::string& line, milliseconds timeout) {
  const auto until = steady_clock::now() + timeout;
  while (true) {
    if (const auto end = buffer_.find('\n', scanned_); end != std::string::npos) {
      line.assign(buffer_, start_, end - start_);
      scanned_ = start_ = end + 1;
      return read_result::line;
    }
    buffer_.erase(0, start_); // once for each read, not for each line
    start_ = 0;
    scanned_ = buffer_.size();
    if (out_ < 0) return read_result::closed;
    const auto left = std::max(milliseconds{0}, ceil<milliseconds>(until - steady_clock::now()));
    pollfd ready{out_, POLLIN, 0};
    const int n = ::poll(&ready, 1, static_cast<int>(left.count()));
    if (n == 0) return read_result::timeout;
    if (n < 0) {
      if (errno == EINTR) continue;
      close_fd(out_);
      continue;
    }
    char chunk[65536];
    const auto got = ::read(out_, chunk, sizeof chunk);
    if (got > 0)
      buffer_.append(chunk, static_cast<std::size_t>(got));
    else if (got == 0 || (errno != EINTR && errno != EAGAIN))
      close_fd(out_);
  }
}

void child_process::send_signal(int signal) const {
  if (pid_ > 0) ::kill(pid_, signal);
}

std::optional<int> child_process::wait(milliseconds timeout) {
  const auto until = steady_clock::now() + timeout;
  auto pause = milliseconds{1};
  while (pid_ > 0) {
    int status = 0;
    const auto ended = ::waitpid(pid_, &status, WNOHANG);
    if (ended == pid_) {
      status_ = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
      pid_ = 0;
    } else if (ended < 0 && errno != EINTR) {
      pid_ = 0;
    } else if (steady_clock::now() >= until) {
      return std::nullopt;
    } else {
      std::this_thread::sleep_for(pause);
      pause = std::min(pause * 2, milliseconds{20});
    }
  }
  return status_;
}

void child_process::end() noexcept {
  close_fd(in_);
  if (pid_ > 0) {
    ::kill(pid_, SIGKILL); // also ends a suspended process
    while (::waitpid(pid_, nullptr, 0) < 0 && errno == EINTR) {
    }
    pid_ = 0;
  }
  close_fd(out_);
}

std::string own_path() {
  // Not the link itself: tools show the real name then, and exec works either way.
  std::string path(4096, '\0');
  const auto n = ::readlink("/proc/self/exe", path.data(), path.size());
  if (n <= 0) return "/proc/self/exe";
  path.resize(static_cast<std::size_t>(n));
  return path;
}

} // namespace rollcall::tool
