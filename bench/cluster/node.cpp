#include "bench/cluster/node.hpp"

#include <boost/json/array.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <map>
#include <poll.h>
#include <stdexcept>
#include <thread>
#include <unistd.h>

namespace rollcall::bench {

namespace json = boost::json;
using namespace std::chrono_literals;

namespace {

constexpr auto patience = 120s;

std::vector<std::string> command_line(const std::string& name, const std::string& seed,
                                      std::vector<std::string> options) {
  std::vector<std::string> argv{ROLLCALL_PROGRAM, "node", "--name", name};
  if (!seed.empty()) argv.insert(argv.end(), {"--seed", seed});
  argv.insert(argv.end(), options.begin(), options.end());
  return argv;
}

/// How far the node is with what each replica did, by name.
std::map<std::string, std::int64_t> clocks_of(node& x) {
  std::map<std::string, std::int64_t> result;
  const auto answer = x.ask(R"({"op":"replicas"})");
  for (const auto& r : answer.at("replicas").as_array()) {
    if (r.at("status").as_string() != "up") continue;
    auto& clock = result[json::value_to<std::string>(r.at("name"))];
    clock = std::max(clock, r.at("clock").to_number<std::int64_t>());
  }
  return result;
}

} // namespace

double ms_since(steady::time_point from) {
  return std::chrono::duration<double, std::milli>(steady::now() - from).count();
}

usage usage_of(pid_t pid) {
  usage result;
  const auto process = fmt::format("/proc/{}", pid);
  // Thread by thread, in nanoseconds: /proc/<pid>/stat counts in hundredths.
  std::error_code gone;
  for (const auto& thread : std::filesystem::directory_iterator{process + "/task", gone}) {
    double ns = 0;
    std::ifstream{thread.path() / "schedstat"} >> ns;
    result.cpu_ms += ns / 1e6;
  }
  double pages = 0, resident = 0;
  std::ifstream{process + "/statm"} >> pages >> resident;
  result.rss_bytes = resident * static_cast<double>(::sysconf(_SC_PAGESIZE));
  return result;
}

node::node(const std::string& name, const std::string& seed, std::vector<std::string> options)
    : name_(name), process_(command_line(name, seed, std::move(options)), {"/dev/null"}) {
  if (!process_.failure().empty()) throw std::runtime_error{process_.failure()};
  address_ = json::value_to<std::string>(await("ready").at("listen"));
}

void node::send(const std::string& line) {
  if (!process_.write_line(line)) throw std::runtime_error{"node " + name_ + " has ended"};
}

void node::leave() {
  ask(R"({"op":"permdown"})");
  if (!process_.wait(10s)) throw std::runtime_error{"node " + name_ + " does not end"};
}

json::object node::await(std::string_view event) {
  const auto until = steady::now() + patience;
  for (std::string line; steady::now() < until;) {
    line.clear();
    if (process_.read_line(line, 1000ms) == tool::child_process::read_result::closed)
      throw std::runtime_error{"node " + name_ + " has ended"};
    if (line.empty()) continue;
    auto x = json::parse(line).as_object();
    const auto* e = x.if_contains("event");
    if (e && on_event_) on_event_(x);
    if (e ? e->as_string() == event : event.empty()) return x;
  }
  throw std::runtime_error{
      fmt::format("no {} of node {} in time", event.empty() ? "answer" : event, name_)};
}

void node::read_events() {
  using result = tool::child_process::read_result;
  for (std::string line;;) {
    const auto got = process_.read_line(line, 0ms);
    if (got == result::closed) throw std::runtime_error{"node " + name_ + " has ended"};
    if (got == result::timeout) return;
    const auto x = json::parse(line).as_object();
    if (on_event_ && x.contains("event")) on_event_(x);
  }
}

bool until_told(const std::vector<node*>& all, const std::function<bool()>& so,
                std::chrono::milliseconds within) {
  const auto until = steady::now() + within;
  std::vector<pollfd> fds;
  for (auto* x : all) {
    x->read_events(); // what came with an answer is no news for poll
    fds.push_back({x->output_fd(), POLLIN, 0});
  }
  while (!so()) {
    const auto left = std::chrono::ceil<std::chrono::milliseconds>(until - steady::now());
    if (left <= 0ms) return false;
    if (::poll(fds.data(), fds.size(), static_cast<int>(left.count())) <= 0) continue;
    for (std::size_t i = 0; i < all.size(); ++i)
      if (fds[i].revents != 0) all[i]->read_events();
  }
  return true;
}

json::object node::ask(const std::string& line) {
  send(line);
  auto x = await("");
  if (x.contains("error")) throw std::runtime_error{name_ + ": " + json::serialize(x)};
  return x;
}

std::int64_t node::count(const char* topic) {
  return ask(fmt::format(R"({{"op":"count","topic":"{}"}})", topic))
      .at("count")
      .to_number<std::int64_t>();
}

double node::track_many(const std::string& as, const char* topic, std::int64_t first,
                        std::int64_t count) {
  return ask(fmt::format(
                 R"({{"op":"track_many","as":"{}","topic":"{}","keys":[{},{}],"meta":{{"name":"user","status":"online"}}}})",
                 as, topic, first, count))
      .at("ms")
      .to_number<double>();
}

void node::block(const std::string& peer, bool blocked) {
  ask(fmt::format(R"({{"op":"{}","peer":"{}"}})", blocked ? "block" : "unblock", peer));
}

void until_counted(node& x, const char* topic, std::int64_t wanted) {
  const auto until = steady::now() + patience;
  for (std::int64_t seen = 0; (seen = x.count(topic)) != wanted;) {
    if (steady::now() > until)
      throw std::runtime_error{
          fmt::format("node {} holds {} of {} in time", x.name(), seen, wanted)};
    std::this_thread::sleep_for(1ms);
  }
}

void until_all_know(const node& of, const std::vector<node*>& all) {
  const auto until = steady::now() + patience;
  for (;; std::this_thread::sleep_for(2ms)) {
    std::int64_t least = INT64_MAX, most = -1;
    for (auto* x : all) {
      const auto clocks = clocks_of(*x);
      const auto i = clocks.find(of.name());
      least = std::min(least, i == clocks.end() ? -1 : i->second);
      most = std::max(most, i == clocks.end() ? -1 : i->second);
    }
    if (least == most && least >= 0) return;
    if (steady::now() > until)
      throw std::runtime_error{fmt::format("what node {} did is not known to all in time: {} of {}",
                                           of.name(), least, most)};
  }
}

double bytes_on_the_wire(const std::vector<node*>& all) {
  double sum = 0;
  for (auto* x : all)
    sum += x->ask(R"({"op":"stats"})").at("links").at("bytes_out").to_number<double>();
  return sum;
}

} // namespace rollcall::bench
