#include "test/process/harness.hpp"

#include "test/catch.hpp"
#include "tools/rollcall/json_writer.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>

#include <atomic>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>
#include <unistd.h>

namespace rollcall::test {

using namespace std::chrono_literals;
using tool::child_process;
using clock = std::chrono::steady_clock;

namespace {

std::string temporary_file() {
  static std::atomic<int> count = 0;
  return (std::filesystem::temp_directory_path()
          / ("rollcall-test-" + std::to_string(::getpid()) + "-" + std::to_string(++count)))
      .string();
}

std::string read_file(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

/// The pipes of a node that was killed on purpose must not end the tests.
const auto no_sigpipe = std::signal(SIGPIPE, SIG_IGN);

} // namespace

bool eventually(const std::function<bool()>& holds, milliseconds limit) {
  const auto end = clock::now() + limit;
  while (true) {
    if (holds()) return true;
    if (clock::now() >= end) return false;
    std::this_thread::sleep_for(25ms);
  }
}

bool always(const std::function<bool()>& holds, milliseconds time) {
  return !eventually([&] { return !holds(); }, time);
}

std::vector<std::string> fast_periods() {
  return {"--broadcast-period", "150ms", "--max-silent-periods", "3",
          "--down-period",      "2s",    "--permdown-period",    "20min"};
}

node::node(node_settings s) : settings_(std::move(s)), log_file_(temporary_file()) { start(); }

node::~node() {
  process_.end();
  std::error_code ignored;
  std::filesystem::remove(log_file_, ignored);
}

void node::start() {
  std::vector<std::string> args{settings_.program, "node",     "--name",
                                settings_.name,    "--listen", settings_.listen};
  for (const auto& seed : settings_.seeds) args.insert(args.end(), {"--seed", seed});
  for (const auto* list : {&settings_.periods, &settings_.more})
    args.insert(args.end(), list->begin(), list->end());
  events_.clear();
  process_ = child_process(args, {log_file_});
  REQUIRE(process_.failure() == "");
  ready_.clear();
  const bool came = read(ready_, patience);
  INFO(log());
  REQUIRE(came);
  REQUIRE(text(ready_, "event") == "ready");
  address_ = text(ready_, "listen");
}

void node::restart() {
  settings_.listen = address_;
  start();
}

bool node::read(object& into, milliseconds limit) {
  std::string line;
  if (process_.read_line(line, limit) != child_process::read_result::line) return false;
  boost::json::error_code error;
  auto value = boost::json::parse(line, error);
  INFO(line);
  REQUIRE_FALSE(error);
  REQUIRE(value.is_object());
  into = std::move(value.get_object());
  return true;
}

object node::next_answer() {
  const auto end = clock::now() + patience;
  object line;
  while (read(line, std::chrono::ceil<milliseconds>(end - clock::now()))) {
    if (!line.contains("event")) return line;
    events_.push_back(std::move(line));
  }
  FAIL("no answer from node " << name() << "; its log:\n" << log());
  return {};
}

void node::send(std::string_view line) { process_.write_line(line); }

object node::ask(std::string_view command) {
  const auto id = next_id_++;
  std::string line(command);
  line.insert(1, "\"id\":" + std::to_string(id) + ",");
  send(line);
  auto answer = next_answer();
  INFO(line);
  REQUIRE(answer.contains("id"));
  REQUIRE(answer.at("id").to_number<std::uint64_t>() == id);
  return answer;
}

std::vector<object> node::events() {
  object line;
  while (read(line, 0ms)) {
    REQUIRE(line.contains("event"));
    events_.push_back(std::move(line));
  }
  std::vector<object> all(events_.begin(), events_.end());
  events_.clear();
  return all;
}

namespace {

void require_ok(const object& answer) {
  INFO(boost::json::value(answer));
  REQUIRE(answer.contains("ok"));
}

std::string with_topic(std::string_view op, std::string_view topic) {
  tool::json_writer out;
  out.open('{').member("op", op).member("topic", topic).close('}');
  return out.take();
}

} // namespace

std::string node::track(std::string_view as, std::string_view topic, std::string_view key,
                        std::string_view meta) {
  tool::json_writer out;
  out.open('{').member("op", "track").member("as", as).member("topic", topic).member("key", key);
  out.raw_member("meta", meta).close('}');
  auto answer = ask(out.text());
  require_ok(answer);
  return text(answer, "ref");
}

std::vector<object> node::presences(std::string_view topic, std::string_view op) {
  auto answer = ask(with_topic(op, topic));
  require_ok(answer);
  std::vector<object> all;
  for (const auto& p : answer.at("presences").as_array()) all.push_back(p.as_object());
  return all;
}

keys node::list(std::string_view topic, std::string_view op) {
  keys result;
  for (const auto& p : presences(topic, op)) result.push_back(text(p, "key"));
  return result;
}

std::size_t node::count(std::string_view topic) {
  auto answer = ask(with_topic("count", topic));
  require_ok(answer);
  return answer.at("count").to_number<std::size_t>();
}

std::string node::replica(std::string_view name) {
  auto answer = ask(R"({"op":"replicas"})");
  require_ok(answer);
  std::string status;
  for (const auto& r : answer.at("replicas").as_array())
    if (text(r.as_object(), "name") == name && status != "up")
      status = text(r.as_object(), "status");
  return status;
}

void node::kill() { process_.end(); }
void node::suspend() { process_.send_signal(SIGSTOP); }
void node::resume() { process_.send_signal(SIGCONT); }

std::optional<int> node::end_input() {
  process_.close_input();
  return wait();
}

std::string node::log() const { return read_file(log_file_); }

std::string text(const object& from, std::string_view member) {
  auto* value = from.if_contains({member.data(), member.size()});
  if (!value || !value->is_string()) return {};
  return {value->get_string().c_str(), value->get_string().size()};
}

keys keys_of(const boost::json::value& presences) {
  keys result;
  for (const auto& p : presences.as_array()) result.push_back(text(p.as_object(), "key"));
  return result;
}

finished run(std::vector<std::string> args, milliseconds limit) {
  args.insert(args.begin(), ROLLCALL_PROGRAM);
  const auto errors = temporary_file();
  finished result;
  {
    child_process process(args, {errors});
    REQUIRE(process.failure() == "");
    process.close_input();
    const auto end = clock::now() + limit;
    std::string line;
    while (process.read_line(line, std::chrono::ceil<milliseconds>(end - clock::now()))
           == child_process::read_result::line)
      result.out += line + "\n";
    result.code = process
                      .wait(std::chrono::ceil<milliseconds>(
                          std::max(end - clock::now(), clock::duration{1s})))
                      .value_or(-1);
  }
  result.err = read_file(errors);
  std::filesystem::remove(errors);
  return result;
}

child_process sleeper() { return child_process({"/bin/sleep", "1000"}); }

} // namespace rollcall::test
