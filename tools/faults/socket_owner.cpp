// Who is at the other end of a loopback connection: the kernel tells the inode
// of one socket by its addresses (sock_diag), /proc tells whose it is. The whole
// table in /proc/net/tcp would take too long on a busy host.
#include "tools/faults/proxy.hpp"

#include <arpa/inet.h>
#include <cerrno>
#include <cstring>
#include <dirent.h>
#include <linux/inet_diag.h>
#include <linux/netlink.h>
#include <linux/sock_diag.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

namespace rollcall::faults {

namespace {

/// The inode of the socket 127.0.0.1:from -> 127.0.0.1:to; 0: none.
unsigned inode_of(std::uint16_t from, std::uint16_t to) {
  const int fd = ::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_SOCK_DIAG);
  if (fd < 0) return 0;
  struct {
    nlmsghdr head;
    inet_diag_req_v2 ask;
  } request{};
  request.head.nlmsg_len = sizeof request;
  request.head.nlmsg_type = SOCK_DIAG_BY_FAMILY;
  request.head.nlmsg_flags = NLM_F_REQUEST;
  request.ask.sdiag_family = AF_INET;
  request.ask.sdiag_protocol = IPPROTO_TCP;
  request.ask.idiag_states = ~0u;
  request.ask.id.idiag_sport = htons(from);
  request.ask.id.idiag_dport = htons(to);
  request.ask.id.idiag_src[0] = request.ask.id.idiag_dst[0] = htonl(INADDR_LOOPBACK);
  request.ask.id.idiag_cookie[0] = request.ask.id.idiag_cookie[1] = INET_DIAG_NOCOOKIE;
  unsigned inode = 0;
  alignas(nlmsghdr) char answer[1024];
  if (::send(fd, &request, sizeof request, 0) == static_cast<ssize_t>(sizeof request)) {
    const auto n = ::recv(fd, answer, sizeof answer, 0);
    nlmsghdr head{};
    inet_diag_msg found{};
    if (n >= static_cast<ssize_t>(NLMSG_HDRLEN + sizeof found)) {
      std::memcpy(&head, answer, sizeof head);
      std::memcpy(&found, answer + NLMSG_HDRLEN, sizeof found);
      if (head.nlmsg_type == SOCK_DIAG_BY_FAMILY) inode = found.idiag_inode;
    }
  }
  ::close(fd);
  return inode;
}

bool has_socket(pid_t process, unsigned inode) {
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

int owner_of_port(std::uint16_t port, std::uint16_t to, const std::vector<pid_t>& processes) {
  const auto inode = inode_of(port, to);
  if (inode == 0) return -1;
  for (std::size_t i = 0; i < processes.size(); ++i)
    if (processes[i] > 0 && has_socket(processes[i], inode)) return static_cast<int>(i);
  return -1;
}

} // namespace rollcall::faults
