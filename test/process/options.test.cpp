#include "tools/rollcall/options.hpp"

#include "base/duration.hpp"
#include "test/catch.hpp"

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <unistd.h>

using namespace rollcall;
using namespace rollcall::tool;
using namespace std::chrono_literals;

namespace {

node_options good(const std::vector<std::string>& args) {
  auto result = parse_node_options(args);
  if (auto* end = std::get_if<early_end>(&result)) FAIL(end->text);
  return std::get<node_options>(result);
}

std::string bad(const std::vector<std::string>& args) {
  auto result = parse_node_options(args);
  REQUIRE(std::holds_alternative<early_end>(result));
  const auto& end = std::get<early_end>(result);
  CHECK(end.code == 2);
  CHECK(end.text.find('\n') == std::string::npos);
  return end.text;
}

bool mentions(const std::string& text, std::string_view part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

} // namespace

TEST_CASE("durations are numbers with a unit") {
  CHECK(parse_duration("1500ms") == 1500ms);
  CHECK(parse_duration("10s") == 10s);
  CHECK(parse_duration("20min") == 20min);
  CHECK(parse_duration("2h") == 2h);
  CHECK(parse_duration("0") == 0ms);
  for (auto wrong : {"", "10", "s", "-1s", "1.5s", "10 s", "10S", "1s ", " 1s", "999999999999h",
                     "99999999999999999999ms"})
    CHECK_FALSE(parse_duration(wrong));
  CHECK(format_duration(1500ms) == "1500ms");
  CHECK(format_duration(20s) == "20s");
  CHECK(format_duration(20min) == "20min");
  CHECK(format_duration(0ms) == "0ms");
}

TEST_CASE("options are taken with a blank and with an equals sign") {
  for (const auto& o :
       {good({"--name", "a", "--seed", "127.0.0.1:1", "--seed", "127.0.0.1:2", "--down-period",
              "4s"}),
        good({"--name=a", "--seed=127.0.0.1:1", "--seed=127.0.0.1:2", "--down-period=4s"})}) {
    CHECK(o.cluster.node_name == "a");
    CHECK(o.cluster.seeds == std::vector<std::string>{"127.0.0.1:1", "127.0.0.1:2"});
    CHECK(o.tracker.down_period == 4s);
  }
}

TEST_CASE("without options the documented defaults hold") {
  const auto o = good({});
  CHECK_FALSE(o.cluster.node_name.empty());
  CHECK(o.cluster.listen == "127.0.0.1:0");
  CHECK(o.tracker.name == "lobby");
  CHECK(o.tracker.pool_size == 1);
  CHECK(o.tracker.broadcast_period == 1500ms);
  CHECK(o.tracker.max_silent_periods == 10);
  CHECK(o.tracker.effective_down_period() == 30s);
  CHECK(o.tracker.permdown_period == 20min);
  CHECK(o.tracker.clock_sample_periods == 2);
  CHECK(o.tracker.flush_interval == 25ms);
  CHECK(o.tracker.link_grace == 3s);
  CHECK_FALSE(o.tracker.permdown_on_shutdown);
  CHECK_FALSE(o.cluster.insecure_plain_tcp);
}

TEST_CASE("switches need no value and may have one") {
  CHECK(good({"--permdown-on-shutdown", "--insecure"}).tracker.permdown_on_shutdown);
  CHECK(good({"--insecure=yes"}).cluster.insecure_plain_tcp);
  CHECK_FALSE(good({"--insecure=no"}).cluster.insecure_plain_tcp);
}

TEST_CASE("periods that break a rule are refused with the texts of Phoenix") {
  CHECK(mentions(bad({"--broadcast-period", "1s", "--down-period", "1999ms"}),
                 "down_period must be at least twice as large as the broadcast_period"));
  CHECK(mentions(bad({"--down-period", "10s", "--permdown-period", "10s"}),
                 "permdown_period must be at least larger than the down_period"));
}

TEST_CASE("what is no option or no value is refused in one line that names it") {
  CHECK(mentions(bad({"--nmae", "a"}), "nmae"));
  CHECK(mentions(bad({"--nam", "a"}), "nam"));
  CHECK(mentions(bad({"stray"}), "positional"));
  CHECK(mentions(bad({"--name"}), "name"));
  CHECK(mentions(bad({"--name", ""}), "--name"));
  CHECK(mentions(bad({"--name", "a", "--name", "b"}), "name"));
  CHECK(mentions(bad({"--down-period", "12 parsecs"}), "12 parsecs"));
  CHECK(mentions(bad({"--pool-size", "many"}), "many"));
  CHECK(mentions(bad({"--pool-size", "-1"}), "-1"));
  CHECK(mentions(bad({"--listen", "here"}), "HOST:PORT"));
  CHECK(mentions(bad({"--seed", "127.0.0.1:70000"}), "HOST:PORT"));
  CHECK(mentions(bad({"--log-level", "loud"}), "debug"));
  CHECK(mentions(bad({"--config", "/does/not/exist"}), "/does/not/exist"));
}

TEST_CASE("a configuration file gives options and the command line wins") {
  const auto path =
      std::filesystem::temp_directory_path() / ("rollcall-options-" + std::to_string(::getpid()));
  std::ofstream(path) << "name = from-file\npool-size = 3\ninsecure = yes\n";
  const auto o = good({"--config", path.string(), "--name", "from-line"});
  CHECK(o.cluster.node_name == "from-line");
  CHECK(o.tracker.pool_size == 3);
  CHECK(o.cluster.insecure_plain_tcp);
  std::ofstream(path) << "colour = red\n";
  CHECK(mentions(bad({"--config", path.string()}), "colour"));
  std::filesystem::remove(path);
}

TEST_CASE("help is no error") {
  auto result = parse_node_options({"--help"});
  REQUIRE(std::holds_alternative<early_end>(result));
  CHECK(std::get<early_end>(result).code == 0);
  CHECK(mentions(std::get<early_end>(result).text, "--broadcast-period"));
}

TEST_CASE("a mark of Boost's messages in what is given does not make it go on for ever") {
  for (const std::string given : {"--x'%canonical_option%'", "--pool-size=%value%", "%option%"})
    CHECK(bad({"--name=x", given}).find("percent signs") != std::string::npos);
}

TEST_CASE("what is quoted of bad arguments can neither break the line nor steer a terminal") {
  for (const std::string given : {"--a\nb", "--a\x1b[31m", "--a\r", "--a\x7f", "stray\nword"}) {
    const auto text = bad({given});
    CHECK(std::none_of(text.begin(), text.end(),
                       [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }));
  }
  CHECK(bad({"--name=x", "--größe=1"}).find("größe") != std::string::npos);
}
