// Who is at the other end of a loopback connection, by /proc.
#include "tools/faults/proxy.hpp"

#include <cstdio>
#include <cstring>
#include <dirent.h>
#include <fstream>
#include <unistd.h>

namespace rollcall::faults {

namespace {

/// The inode of the socket bound to 127.0.0.1:port that is no listener; 0: none.
unsigned long inode_of(std::uint16_t port) {
  std::ifstream table("/proc/net/tcp");
  std::string line;
  std::getline(table, line);
  while (std::getline(table, line)) {
    unsigned local_ip = 0, local_port = 0, state = 0;
    unsigned long inode = 0;
    const int n = std::sscanf(line.c_str(), "%*d: %8X:%4X %*8X:%*4X %2X %*s %*s %*s %*s %*s %lu",
                              &local_ip, &local_port, &state, &inode);
    if (n == 4 && local_port == port && state != 0x0A && inode != 0) return inode;
  }
  return 0;
}

bool has_socket(pid_t process, unsigned long inode) {
  const auto dir = "/proc/" + std::to_string(process) + "/fd";
  const auto wanted = "socket:[" + std::to_string(inode) + "]";
  DIR* fds = ::opendir(dir.c_str());
  if (!fds) return false;
  bool found = false;
  while (auto* entry = ::readdir(fds)) {
    char target[64];
    const auto n = ::readlinkat(::dirfd(fds), entry->d_name, target, sizeof target - 1);
    if (n <= 0) continue;
    target[n] = 0;
    if (wanted == target) {
      found = true;
      break;
    }
  }
  ::closedir(fds);
  return found;
}

} // namespace

int owner_of_port(std::uint16_t port, const std::vector<pid_t>& processes) {
  const auto inode = inode_of(port);
  if (inode == 0) return -1;
  for (std::size_t i = 0; i < processes.size(); ++i)
    if (processes[i] > 0 && has_socket(processes[i], inode)) return static_cast<int>(i);
  return -1;
}

} // namespace rollcall::faults
