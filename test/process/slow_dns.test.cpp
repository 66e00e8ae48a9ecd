// A name server that never answers: real look-ups that hang, in a namespace of
// its own, where `ctest` starts this with `unshare --net --mount`. Hidden, since
// without that there is no such name server; skips loudly where the machine
// gives no namespaces.
#include "test/catch.hpp"
#include "test/process/harness.hpp"

#include <arpa/inet.h>
#include <cstdlib>
#include <fstream>
#include <net/if.h>
#include <netinet/in.h>
#include <string>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace rollcall::test;
using namespace std::chrono_literals;

namespace {

using steady = std::chrono::steady_clock;

bool loopback_up() {
  const int fd = ::socket(AF_INET, SOCK_DGRAM, 0);
  ifreq x{};
  x.ifr_name[0] = 'l';
  x.ifr_name[1] = 'o';
  x.ifr_flags = IFF_UP | IFF_RUNNING;
  const bool ok = fd >= 0 && ::ioctl(fd, SIOCSIFFLAGS, &x) == 0;
  ::close(fd);
  return ok;
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

} // namespace

TEST_CASE("names that take minutes to look up hold up neither links nor the end", "[.slow-dns]") {
  if (!loopback_up() || ::access("/etc/resolv.conf", R_OK) != 0) {
    WARN("SKIPPED: no network namespace of our own, or no /etc/resolv.conf; run it by "
         "`unshare --net --mount`");
    return;
  }
  mute_name_server dns;
  const std::vector<std::string> lost{"one.example:4000", "two.example:4000", "three.example:4000"};
  node a({.name = "a", .seeds = lost});
  auto seeds = lost;
  seeds.push_back(a.address());
  node b({.name = "b", .seeds = seeds});
  REQUIRE(eventually([&] { return dns.asked() > 0; })); // it is being looked up
  // the links that can be are made
  REQUIRE(eventually([&] { return b.replica("a") == "up" && a.replica("b") == "up"; }));
  a.track("ann", "lobby", "ann");
  REQUIRE(eventually([&] { return b.list("lobby") == keys{"ann"}; }));
  // and keep their heartbeats
  CHECK(always([&] { return b.replica("a") == "up" && a.replica("b") == "up"; }, 5s));
  node c({.name = "c", .seeds = {a.address()}});
  CHECK(eventually([&] { return c.list("lobby") == keys{"ann"}; }));
  // a join travels at its usual pace
  const auto tracked = steady::now();
  a.track("bea", "lobby", "bea");
  REQUIRE(eventually([&] { return b.count("lobby") == 2; }));
  WARN("a join was seen after "
       << std::chrono::duration_cast<milliseconds>(steady::now() - tracked).count() << " ms");
  // nobody waits for the name server to end
  const auto start = steady::now();
  CHECK(b.end_input() == 0);
  const auto took = std::chrono::duration_cast<milliseconds>(steady::now() - start);
  WARN("the end took " << took.count() << " ms");
  CHECK(took < 10s); // a look-up would hold it for a minute
}
