// How long until the others know: two real nodes on loopback, at the default
// periods, driven as anybody drives them (`rollcall node`).
//
//     rollcall_cluster_bench [--joins 500] [--burst 10000]
//
//   propagation  a `track` is written to node a; until the diff stands on
//                node b's output. Joins come at random moments, so that the
//                flush interval counts as it does in life.
//   burst        `track_many` on a; until b counts all.
//
// What is measured includes both pipes and the JSON. One JSON line at the end.
#include "tools/rollcall/child_process.hpp"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <boost/json/value_to.hpp>
#include <boost/program_options.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <chrono>
#include <iostream>
#include <random>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace {

namespace json = boost::json;
namespace po = boost::program_options;
using rollcall::tool::child_process;
using steady = std::chrono::steady_clock;
using namespace std::chrono_literals;

constexpr auto patience = 30s;

double ms_since(steady::time_point from) {
  return std::chrono::duration<double, std::milli>(steady::now() - from).count();
}

class node {
public:
  node(const std::string& name, const std::string& seed) {
    std::vector<std::string> argv{ROLLCALL_PROGRAM, "node", "--name", name};
    if (!seed.empty()) argv.insert(argv.end(), {"--seed", seed});
    process_ = child_process{argv, {"/dev/null"}};
    address = json::value_to<std::string>(await("ready").at("listen"));
  }

  std::string address;

  void send(const std::string& line) {
    if (!process_.write_line(line)) throw std::runtime_error{"a node has ended"};
  }

  /// The next line that is this event, or, of "", an answer.
  json::object await(std::string_view event) {
    const auto until = steady::now() + patience;
    for (std::string line; steady::now() < until;) {
      if (process_.read_line(line, 1000ms) == child_process::read_result::closed)
        throw std::runtime_error{"a node has ended"};
      if (line.empty()) continue;
      auto x = json::parse(line).as_object();
      line.clear();
      const auto* e = x.if_contains("event");
      if (e ? e->as_string() == event : event.empty()) return x;
    }
    throw std::runtime_error{fmt::format("no {} in time", event.empty() ? "answer" : event)};
  }

  json::object ask(const std::string& line) {
    send(line);
    auto x = await("");
    if (x.contains("error")) throw std::runtime_error{json::serialize(x)};
    return x;
  }

private:
  child_process process_;
};

double quantile(std::vector<double>& x, double q) {
  std::sort(x.begin(), x.end());
  return x[std::min(x.size() - 1, static_cast<std::size_t>(q * static_cast<double>(x.size())))];
}

void count_until(node& b, const char* topic, std::int64_t wanted) {
  const auto until = steady::now() + patience;
  const auto question = fmt::format(R"({{"op":"count","topic":"{}"}})", topic);
  while (b.ask(question).at("count").to_number<std::int64_t>() != wanted) {
    if (steady::now() > until) throw std::runtime_error{"the presences did not arrive"};
    std::this_thread::sleep_for(1ms);
  }
}

void run(int joins, int burst) {
  node a{"a", ""}, b{"b", a.address};
  a.ask(R"({"op":"track","as":"x","topic":"warm","key":"up"})");
  count_until(b, "warm", 1);
  b.ask(R"({"op":"subscribe","topic":"lobby"})");

  std::mt19937 random{1};
  std::uniform_int_distribution<int> pause{0, 60};
  std::vector<double> took;
  for (int i = 0; i < joins; ++i) {
    std::this_thread::sleep_for(std::chrono::milliseconds{pause(random)});
    const auto from = steady::now();
    a.send(fmt::format(
        R"({{"op":"track","as":"x","topic":"lobby","key":"user{}","meta":{{"name":"user{}","status":"online"}}}})",
        i, i));
    b.await("diff");
    took.push_back(ms_since(from));
    a.await("");
  }

  const auto from = steady::now();
  a.send(fmt::format(
      R"({{"op":"track_many","as":"y","topic":"burst","keys":[0,{}],"meta":{{"name":"user","status":"online"}}}})",
      burst));
  count_until(b, "burst", burst);
  const auto arrived = ms_since(from);
  const auto p50 = quantile(took, .5), p99 = quantile(took, .99);
  fmt::print("{} joins, track on a -> diff on b: p50 {:.1f} ms, p99 {:.1f} ms\n", joins, p50, p99);
  fmt::print("{} tracked on a until b has all: {:.0f} ms\n", burst, arrived);
  fmt::print(R"({{"joins":{},"p50_ms":{:.3f},"p99_ms":{:.3f},"burst":{},"burst_ms":{:.3f}}})"
             "\n",
             joins, p50, p99, burst, arrived);
}

} // namespace

int main(int argc, char** argv) {
  int joins = 0, burst = 0;
  po::options_description options{"Two real nodes on loopback, default periods"};
  options.add_options()("help", "this text")("joins", po::value(&joins)->default_value(500),
                                             "single joins to time, 1 to 100000")(
      "burst", po::value(&burst)->default_value(10'000), "joins at once, 1 to 1000000");
  try {
    po::variables_map given;
    po::store(po::parse_command_line(argc, argv, options), given);
    po::notify(given);
    if (given.count("help")) {
      std::cout << options;
      return 0;
    }
    if (joins < 1 || joins > 100'000 || burst < 1 || burst > 1'000'000)
      throw po::error{"--joins is 1 to 100000, --burst 1 to 1000000"};
  } catch (const po::error& e) {
    std::cerr << "rollcall_cluster_bench: " << e.what() << "; see --help\n";
    return 2;
  }
  try {
    run(joins, burst);
  } catch (const std::exception& e) {
    std::cerr << "rollcall_cluster_bench: " << e.what() << '\n';
    return 1;
  }
}
