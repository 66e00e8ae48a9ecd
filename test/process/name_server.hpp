// A name server that never answers, in a network namespace of its own, where
// `ctest` starts the tests by it with `unshare --net --mount`.
#pragma once

#include "test/catch.hpp"

#include <arpa/inet.h>
#include <fstream>
#include <net/if.h>
#include <netinet/in.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

namespace rollcall::test {

inline bool loopback_up() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  ifreq x{};
  x.ifr_name[0] = 'l';
  x.ifr_name[1] = 'o';
  x.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool ok = fd >= 0 && ::ioctl(fd, SIOCSIFFLAGS, &x) == 0;
  ::close(fd);
  return ok;
}

/// Says so loudly if not.
inline bool own_name_server_possible() {
  if (loopback_up() && ::access("/etc/resolv.conf", R_OK) == 0) return true;
  WARN("SKIPPED: no network namespace of our own, or no /etc/resolv.conf; run it by "
       "`unshare --net --mount`");
  return false;
}

/// Takes every question and answers none.
class mute_name_server {
public:
  mute_name_server() : fd_(::socket(AF_INET, SOCK_DGRAM, 0)) {
    sockaddr_in at{};
    at.sin_family = AF_INET;
    at.sin_port = htons(53);
    at.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    REQUIRE(::bind(fd_, reinterpret_cast<sockaddr*>(&at), sizeof at) == 0);
    std::ofstream{file_} << "nameserver 127.0.0.1\noptions timeout:20 attempts:3\n";
    // Ours alone: the mounts of this namespace go with it.
    REQUIRE(::mount(file_.c_str(), "/etc/resolv.conf", nullptr, MS_BIND, nullptr) == 0);
  }
  ~mute_name_server() {
    ::umount("/etc/resolv.conf");
    ::unlink(file_.c_str());
    ::close(fd_);
  }
  mute_name_server(const mute_name_server&) = delete;
  mute_name_server& operator=(const mute_name_server&) = delete;

  /// How many questions have come.
  int asked() const {
    char buffer[512];
    int n = 0;
    while (::recv(fd_, buffer, sizeof buffer, MSG_DONTWAIT) > 0) ++n;
    return n;
  }

private:
  int fd_;
  std::string file_ = "/tmp/rollcall-resolv-" + std::to_string(::getpid());
};

} // namespace rollcall::test
