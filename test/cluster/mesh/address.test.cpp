#include "cluster/mesh/address.hpp"

#include "test/catch.hpp"

#include <string>

using namespace rollcall;
using namespace rollcall::cluster;

TEST_CASE("an address is read as it is written") {
  auto check = [](std::string text, std::string host, std::uint16_t port, std::string again) {
    const auto x = parse_address(text);
    INFO(text);
    CHECK(!x.problem);
    CHECK(x.value == address{host, port});
    CHECK(to_string(x.value) == again);
  };
  check("127.0.0.1:4369", "127.0.0.1", 4369, "127.0.0.1:4369");
  check("LocalHost:1", "localhost", 1, "localhost:1");
  check("a-b.example_x.org:65535", "a-b.example_x.org", 65535, "a-b.example_x.org:65535");
  check("[::1]:80", "::1", 80, "[::1]:80");
  check("[FE80::1%eth0]:80", "fe80::1%eth0", 80, "[fe80::1%eth0]:80");
}

TEST_CASE("what is no address is refused, and the message says what to write") {
  for (const char* text :
       {"",       ":",     "a",     "a:",     ":1",    "a:0",     "a:65536", "a:99999999999",
        "a:-1",   "a:1x",  "a: 1",  "::1:80", "[::1]", "[::1]80", "[::1:80", "[]:80",
        "[a]:80", "a b:1", "a/b:1", "a\n:1",  "é:1"}) {
    const auto x = parse_address(text);
    INFO(text);
    CHECK(x.problem.code == errc::bad_address);
    CHECK(x.problem.message.find("HOST:PORT") != std::string::npos);
    CHECK(x.value.empty());
  }
  CHECK(parse_address(std::string(256, 'a') + ":1").problem.code == errc::bad_address);
  CHECK(!parse_address(std::string(255, 'a') + ":1").problem);
}

TEST_CASE("port 0 is for listening only") {
  CHECK(parse_address("127.0.0.1:0").problem.code == errc::bad_address);
  CHECK(!parse_address("127.0.0.1:0", port_zero::allowed).problem);
}

TEST_CASE("only this host is loopback") {
  for (const char* host : {"localhost", "127.0.0.1", "127.255.3.4", "::1", "::ffff:127.0.0.1"}) {
    INFO(host);
    CHECK(is_loopback(host));
  }
  for (const char* host : {"", "0.0.0.0", "::", "128.0.0.1", "10.0.0.1", "127.0.0.1.example.org",
                           "127.0.0", "127.0.0.256", "127.1", "localhost.example.org", "::2",
                           "::ffff:10.0.0.1", "loopback", "0127.0.0.1"}) {
    INFO(host);
    CHECK(!is_loopback(host));
  }
}

TEST_CASE("all interfaces are recognised") {
  CHECK(is_any("0.0.0.0"));
  CHECK(is_any("::"));
  CHECK(is_any("0:0:0:0:0:0:0:0"));
  CHECK(!is_any("127.0.0.1"));
  CHECK(!is_any("::1"));
  CHECK(!is_any("0"));
}
