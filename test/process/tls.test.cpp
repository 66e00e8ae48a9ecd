// TLS, loopback and logs of real `rollcall node` processes; the certificates
// come from script/certs.
#include "test/catch.hpp"
#include "test/process/harness.hpp"

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <unistd.h>

using namespace rollcall::test;
using namespace std::chrono_literals;

namespace {

class certs {
public:
  certs()
      : directory_(
          (std::filesystem::temp_directory_path() / ("rollcall-tls-" + std::to_string(::getpid())))
              .string()) {}
  ~certs() {
    std::error_code ignored;
    std::filesystem::remove_all(directory_, ignored);
  }
  certs(const certs&) = delete;
  certs& operator=(const certs&) = delete;

  bool make(const std::string& names, const std::string& in = "") const {
    const auto command = std::string{ROLLCALL_SOURCE "/script/certs "} + directory_ + in + " "
                         + names + " >/dev/null 2>&1";
    return std::system(command.c_str()) == 0;
  }
  std::string path(const std::string& file) const { return directory_ + "/" + file; }
  std::vector<std::string> options(const std::string& name) const {
    return {"--tls-cert",        path(name + ".pem"), "--tls-key",
            path(name + ".key"), "--tls-ca",          path("ca.pem")};
  }

private:
  std::string directory_;
};

bool has(const std::string& text, std::string_view part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

finished start(std::vector<std::string> options) {
  std::vector<std::string> args{"node", "--name", "a"};
  args.insert(args.end(), options.begin(), options.end());
  return run(args);
}

} // namespace

TEST_CASE("beyond loopback a node needs TLS, or to be told that it is insecure") {
  const auto refused = start({"--listen", "0.0.0.0:0", "--advertise", "127.0.0.1:9"});
  CHECK(refused.code == 2);
  CHECK(refused.out == "");
  CHECK(has(refused.err, "not_loopback"));
  CHECK(has(refused.err, "TLS"));
  CHECK(start({"--seed", "192.0.2.1:4000"}).code == 2);
  node insecure(
      {.name = "a", .listen = "0.0.0.0:0", .more = {"--advertise", "127.0.0.1:9", "--insecure"}});
  CHECK(eventually([&] {
    return insecure.log().find("plain TCP beyond loopback is allowed") != std::string::npos;
  }));
}

TEST_CASE("processes with certificates of script/certs are a cluster, and others stay outside") {
  const certs made;
  if (!made.make("a b")) {
    WARN("skipped: script/certs does not work here (is there an openssl?)");
    return;
  }
  auto incomplete = made.options("a");
  incomplete.resize(4);
  const auto refused = start(incomplete);
  CHECK(refused.code == 2);
  CHECK(has(refused.err, "bad_tls"));
  auto swapped = made.options("a");
  swapped[3] = made.path("b.key");
  CHECK(has(start(swapped).err, "does not belong"));

  node a({.name = "a", .more = made.options("a")});
  node b({.name = "b", .seeds = {a.address()}, .more = made.options("b")});
  a.track("ada", "lobby", "ada", R"({"secret":"do not log me"})");
  CHECK(eventually([&] { return b.list("lobby") == keys{"ada"}; }));
  // On loopback too: who has none is refused, and both say so.
  node c({.name = "c", .seeds = {a.address()}});
  CHECK(eventually([&] { return a.log().find("does not speak TLS") != std::string::npos; }));
  CHECK(eventually([&] {
    return c.log().find("it speaks TLS") != std::string::npos
           || c.log().find("closes them") != std::string::npos
           || c.log().find("not what a node of ours says") != std::string::npos;
  }));
  CHECK(c.replica("a") == "");
  // What an operator needs, in the form that is documented.
  CHECK(has(b.log(), " info peer_up name=a address="));
  CHECK(has(b.log(), " info replica_up replica=a"));
  a.kill();
  CHECK(eventually([&] { return b.log().find(" warning peer_down name=a") != std::string::npos; }));
  CHECK(eventually(
      [&] { return b.log().find(" warning replica_down replica=a") != std::string::npos; }));
  for (auto* n : {&a, &b, &c}) {
    CHECK(n->log().find("do not log me") == std::string::npos);
    CHECK(n->log().find("PRIVATE KEY") == std::string::npos);
  }
}
