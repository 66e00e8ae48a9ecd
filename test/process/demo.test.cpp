// The demo: its parts, and the whole of it as people run it.
#include "test/catch.hpp"
#include "test/process/harness.hpp"
#include "tools/rollcall/demo/roll.hpp"
#include "tools/rollcall/demo/view.hpp"

#include <boost/json/parse.hpp>

#include <csignal>
#include <fstream>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace rollcall::test;
namespace demo = rollcall::tool::demo;
using namespace std::chrono_literals;

namespace {

object parsed(std::string_view json) {
  return boost::json::parse({json.data(), json.size()}).as_object();
}

std::string plain(const demo::styled_line& line) {
  std::string out;
  for (const auto& s : line) out += s.text;
  return out;
}

std::vector<pid_t> children_of(pid_t process) {
  const auto number = std::to_string(process);
  std::ifstream list("/proc/" + number + "/task/" + number + "/children");
  std::vector<pid_t> result;
  for (pid_t child; list >> child;) result.push_back(child);
  return result;
}

demo::scene some_scene() {
  demo::scene s;
  s.headline = "headline";
  s.people = {{"ada", "a"}, {"barbara", "b"}};
  for (auto name : {"a", "b", "c"}) {
    demo::node_box box;
    box.name = name;
    box.state = demo::node_state::up;
    box.replicas = {{"a", demo::node_box::replica::up},
                    {"b", demo::node_box::replica::down},
                    {"c", demo::node_box::replica::unknown}};
    box.cells = {{true, "online", true}, {}};
    box.here = 1;
    s.nodes.push_back(box);
  }
  return s;
}

} // namespace

TEST_CASE("a roll shows what its node told: state, joins, leaves, updates") {
  demo::roll r;
  const demo::instant now{};
  r.take(
      parsed(
          R"({"ok":true,"presences":{"lobby":[{"key":"ada","pid":"a#1","replica":"a","meta":{"status":"online"}}]}})"),
      now);
  REQUIRE(r.find("ada"));
  CHECK(r.find("ada")->status == "online");
  r.take(parsed(R"({"event":"diff","topic":"lobby",
    "joins":[{"key":"ada","pid":"a#1","replica":"a","meta":{"status":"busy"}},{"key":"bob","pid":"b#1","replica":"b","meta":{}}],
    "leaves":[{"key":"ada","pid":"a#1","replica":"a","meta":{"status":"online"}}]})"),
         now);
  CHECK(r.find("ada")->status == "busy");
  CHECK(r.count_of("b") == 1);
  r.take(
      parsed(R"({"event":"diff","topic":"lobby","joins":[],"leaves":[{"key":"ada","pid":"a#1"}]})"),
      now);
  CHECK_FALSE(r.find("ada"));
  r.take(parsed(R"({"replicas":[{"name":"a","incarnation":"1","status":"up"}]})"), now);
  r.take(parsed(R"({"event":"replica_up","name":"b","incarnation":"1"})"), now);
  CHECK(r.up("b"));
  r.take(parsed(R"({"event":"replica_down","name":"b","incarnation":"1"})"), now);
  CHECK_FALSE(r.up("b"));
  CHECK(r.knows("b"));
  r.take(parsed(R"({"event":"replica_up","name":"b","incarnation":"2"})"), now);
  r.take(parsed(R"({"event":"replica_permdown","name":"b","incarnation":"1"})"), now);
  CHECK(r.up("b")); // the end of the old life is not the end of the new one
  r.take(parsed(R"({"event":"replica_permdown","name":"b","incarnation":"2"})"), now);
  CHECK_FALSE(r.knows("b"));
}

TEST_CASE("all lines of the boxes are of one width, in both alphabets") {
  for (const bool unicode : {true, false})
    for (const std::size_t width : {72u, 80u, 100u}) {
      const auto lines = demo::draw(some_scene(), {unicode, width, 3});
      const std::size_t boxes = 3 + 2 + 1; // edges, replicas, people
      for (std::size_t i = 2; i <= boxes; ++i) {
        INFO(plain(lines[i]));
        CHECK(demo::columns(lines[i]) == demo::columns(lines[1]));
      }
      CHECK(demo::columns(lines[1]) <= width);
      bool ascii = true;
      for (const auto& line : lines)
        for (const char c : plain(line)) ascii = ascii && static_cast<unsigned char>(c) < 0x80;
      CHECK(ascii == !unicode);
    }
}

TEST_CASE("the demo plays to its end and its check holds") {
  const auto result = run({"demo", "--pace", "0"}, 180s);
  INFO(result.out << result.err);
  CHECK(result.code == 0);
  CHECK(result.out.find("all agree") != std::string::npos);
  CHECK(result.out.find("http://127.0.0.1:4000/") != std::string::npos); // the last line
  CHECK(result.out.find('\x1b') == std::string::npos);                   // no terminal: no escapes
  CHECK(result.err.empty());
}

TEST_CASE("the demo ends its processes when it is stopped") {
  rollcall::tool::child_process process({ROLLCALL_PROGRAM, "demo"});
  std::string line;
  while (line.find("People arrive") == std::string::npos)
    REQUIRE(process.read_line(line, patience) == rollcall::tool::child_process::read_result::line);
  const auto children = children_of(process.pid());
  CHECK(children.size() >= 3);
  process.send_signal(SIGTERM);
  CHECK(process.wait(patience) == 1);
  for (const auto child : children) CHECK(eventually([&] { return ::kill(child, 0) != 0; }));
}

namespace {

/// What a server on loopback answers to a GET; empty if nothing comes.
std::string get(const std::string& address, const std::string& path) {
  const auto port = static_cast<std::uint16_t>(std::stoi(address.substr(address.find(':') + 1)));
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in where{};
  where.sin_family = AF_INET;
  where.sin_port = htons(port);
  where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  std::string answer;
  if (::connect(fd, reinterpret_cast<const sockaddr*>(&where), sizeof where) == 0) {
    const auto request =
        "GET " + path + " HTTP/1.1\r\nHost: " + address + "\r\nConnection: close\r\n\r\n";
    static_cast<void>(!::write(fd, request.data(), request.size()));
    char chunk[4096];
    for (ssize_t n; (n = ::read(fd, chunk, sizeof chunk)) > 0;)
      answer.append(chunk, static_cast<std::size_t>(n));
  }
  ::close(fd);
  return answer;
}

} // namespace

TEST_CASE("the demo for browsers serves until it is stopped, and restarts what was killed") {
  using rollcall::tool::child_process;
  child_process process({ROLLCALL_PROGRAM, "demo", "--web"});
  std::vector<std::string> pages;
  pid_t of_b = 0;
  std::string line;
  const auto next = [&] {
    REQUIRE(process.read_line(line, patience) == child_process::read_result::line);
  };
  for (next(); line.find("Ctrl-C") == std::string::npos; next()) {
    if (const auto at = line.find("http://"); at != std::string::npos)
      pages.push_back(line.substr(at + 7, line.rfind('/') - at - 7));
    if (line.starts_with("node b is process ")) of_b = std::stoi(line.substr(18));
  }
  REQUIRE(pages.size() == 2);
  for (const auto& where : pages) {
    INFO(where);
    CHECK(get(where, "/").find("<!doctype html>") != std::string::npos);
    CHECK(eventually([&] { // all of the cluster, and people in it
      const auto cluster = get(where, "/api/cluster");
      return cluster.find("\"name\":\"c\",\"status\":\"up\"") != std::string::npos
             && get(where, "/api/topics").find("room:") != std::string::npos;
    }));
  }
  const auto children = children_of(process.pid());
  CHECK(children.size() == 5);
  REQUIRE(of_b > 0);
  ::kill(of_b, SIGKILL);
  while (line.find("b is back") == std::string::npos) next();
  const auto again = children_of(process.pid());
  CHECK(again.size() == 5);
  process.send_signal(SIGINT);
  CHECK(process.wait(patience) == 0);
  for (const auto child : again) CHECK(eventually([&] { return ::kill(child, 0) != 0; }));
}
