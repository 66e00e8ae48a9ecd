// The demo: its parts, and the whole of it as people run it.
#include "test/catch.hpp"
#include "test/process/harness.hpp"
#include "tools/rollcall/demo/roll.hpp"
#include "tools/rollcall/demo/view.hpp"

#include <boost/json/parse.hpp>

#include <csignal>
#include <fstream>

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
  CHECK(result.out.find('\x1b') == std::string::npos); // no terminal: no escapes
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
