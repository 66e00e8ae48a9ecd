#include "tools/rollcall/descriptors.hpp"

#include <fmt/format.h>

#include <cerrno>
#include <fcntl.h>
#include <sys/resource.h>
#include <unistd.h>

namespace rollcall::tool {

namespace {

/// Descriptors that a node needs before its first peer: measured, plus a reserve.
constexpr rlim_t needed = 40;

} // namespace

void open_standard_descriptors() noexcept {
  for (int fd = 0; fd <= 2; ++fd) {
    if (::fcntl(fd, F_GETFD) >= 0 || errno != EBADF) continue;
    // This is the lowest free number, since those below are open.
    [[maybe_unused]] const int opened = ::open("/dev/null", O_RDWR);
  }
}

std::string too_few_descriptors() {
  rlimit most{};
  if (::getrlimit(RLIMIT_NOFILE, &most) != 0 || most.rlim_cur >= needed) return {};
  return fmt::format("this process may open {} file descriptors only, and a node needs {} and one "
                     "for each peer: raise the limit (ulimit -n)",
                     most.rlim_cur, needed);
}

int take_stdout() noexcept {
  const int fd = ::fcntl(STDOUT_FILENO, F_DUPFD_CLOEXEC, 3);
  if (fd >= 0) ::dup2(STDERR_FILENO, STDOUT_FILENO);
  return fd;
}

} // namespace rollcall::tool
