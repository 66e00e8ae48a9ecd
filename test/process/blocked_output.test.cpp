// Output that nobody reads, descriptors that are not there, seeds by name.
#include "test/catch.hpp"
#include "test/localhost.hpp"
#include "test/process/harness.hpp"

#include <boost/json/array.hpp>

#include <csignal>
#include <cstdlib>
#include <fcntl.h>
#include <string>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

using namespace rollcall::test;
using namespace std::chrono_literals;

namespace {

using steady = std::chrono::steady_clock;

/// A pipe without any room, whose other end stays open and unread.
struct full_pipe {
  int ends[2] = {-1, -1};
  full_pipe() {
    REQUIRE(::pipe2(ends, O_CLOEXEC) == 0);
    ::fcntl(ends[1], F_SETFL, O_NONBLOCK);
    const std::string page(4096, '.');
    while (::write(ends[1], page.data(), page.size()) > 0) {
    }
    ::fcntl(ends[1], F_SETFL, 0);
  }
  ~full_pipe() {
    ::close(ends[0]);
    ::close(ends[1]);
  }
};

/// Starts a node with its descriptors arranged by `arrange`, in the child.
template <class F>
pid_t start(F arrange, std::vector<std::string> args = {}) {
  std::vector<std::string> all{ROLLCALL_PROGRAM, "node", "--name", "n"};
  all.insert(all.end(), args.begin(), args.end());
  std::vector<char*> argv;
  for (auto& x : all) argv.push_back(x.data());
  argv.push_back(nullptr);
  const pid_t pid = ::fork();
  if (pid == 0) {
    arrange();
    ::execv(argv[0], argv.data());
    ::_exit(127);
  }
  return pid;
}

/// Its exit code; -1: it was ended by a signal, -2: it did not end in that time.
int wait_for(pid_t pid, milliseconds limit) {
  const auto end = steady::now() + limit;
  int status = 0;
  while (steady::now() < end) {
    if (::waitpid(pid, &status, WNOHANG) == pid)
      return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
    ::usleep(10'000);
  }
  ::kill(pid, SIGKILL);
  ::waitpid(pid, &status, 0);
  return -2;
}

bool seen_up(node& n, const std::string& peer) {
  const auto answer = n.ask(R"({"op":"peers"})");
  for (const auto& p : answer.at("peers").as_array())
    if (text(p.as_object(), "name") == peer && text(p.as_object(), "state") == "up") return true;
  return false;
}

} // namespace

TEST_CASE("a node whose log is a full pipe serves, tells events and ends") {
  node a({.name = "a"});
  full_pipe log, input;
  int out[2];
  REQUIRE(::pipe2(out, O_CLOEXEC) == 0);
  const auto pid = start(
      [&] {
        ::dup2(input.ends[0], 0);
        ::dup2(out[1], 1);
        ::dup2(log.ends[1], 2);
      },
      {"--seed", a.address(), "--log-level", "debug"});
  ::close(out[1]);
  CHECK(eventually([&] { return seen_up(a, "n"); }));
  std::string lines;
  char chunk[4096];
  const auto end = steady::now() + patience;
  ::fcntl(out[0], F_SETFL, O_NONBLOCK);
  while (lines.find("peer_up") == std::string::npos && steady::now() < end) {
    const auto n = ::read(out[0], chunk, sizeof chunk);
    if (n > 0)
      lines.append(chunk, static_cast<std::size_t>(n));
    else
      ::usleep(10'000);
  }
  CHECK(lines.find("\"ready\"") != std::string::npos);
  CHECK(lines.find("peer_up") != std::string::npos);
  ::kill(pid, SIGTERM);
  CHECK(wait_for(pid, patience) == 0);
  ::close(out[0]);
}

TEST_CASE("a node ends by a signal although nobody reads its answers, its events and its log") {
  node a({.name = "a"});
  full_pipe out, log;
  int in[2];
  REQUIRE(::pipe2(in, O_CLOEXEC) == 0);
  const auto pid = start(
      [&] {
        ::dup2(in[0], 0);
        ::dup2(out.ends[1], 1);
        ::dup2(log.ends[1], 2);
      },
      {"--seed", a.address()});
  CHECK(eventually([&] { return seen_up(a, "n"); }));
  const std::string ask = "{\"op\":\"topics\"}\n";
  for (int i = 0; i < 100; ++i)
    REQUIRE(::write(in[1], ask.data(), ask.size()) == static_cast<ssize_t>(ask.size()));
  const auto started = steady::now();
  ::kill(pid, SIGTERM);
  CHECK(wait_for(pid, patience) == 0);
  WARN("the end took " << std::chrono::duration_cast<milliseconds>(steady::now() - started).count()
                       << " ms");
  ::close(in[0]);
  ::close(in[1]);
}

TEST_CASE("a node that is started with its descriptors 0 to 2 closed ends, since its input has") {
  const auto pid = start([] {
    for (int fd : {0, 1, 2}) ::close(fd);
  });
  CHECK(wait_for(pid, patience) == 0);
}

TEST_CASE("a node that may open too few descriptors says so and ends, or works") {
  for (const rlim_t most : {4u, 8u, 15u, 24u, 39u, 40u, 64u}) {
    INFO(most << " descriptors");
    const auto pid = start([&] {
      const rlimit limit{most, most};
      const int null = ::open("/dev/null", O_RDWR);
      for (int fd : {0, 1, 2}) ::dup2(null, fd);
      ::setrlimit(RLIMIT_NOFILE, &limit);
    });
    const auto code = wait_for(pid, patience);
    if (code == 127 && most < 10) continue; // the loader could not open the libraries
    CHECK(code == (most < 40 ? 2 : 0));
  }
}

TEST_CASE("a seed whose name has a first address at which nobody listens leads to the other") {
  if (!knows_localhost()) return;
  node a({.name = "a"});
  const auto port = a.address().substr(a.address().rfind(':'));
  node b({.name = "b", .seeds = {"localhost" + port, "nobody-has-this-name.invalid:4000"}});
  CHECK(eventually([&] { return seen_up(b, "a"); }));
  // what it does about the other one is visible
  CHECK(eventually([&] {
    const auto answer = b.ask(R"({"op":"peers"})");
    for (const auto& p : answer.at("peers").as_array())
      if (text(p.as_object(), "address") == "nobody-has-this-name.invalid:4000"
          && text(p.as_object(), "reason").find("resolved") != std::string::npos)
        return true;
    return false;
  }));
  CHECK(eventually(
      [&] { return b.log().find("seed address=localhost" + port) != std::string::npos; }));
}
