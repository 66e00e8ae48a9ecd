// How long until the others know: real nodes on loopback, at the default
// periods, driven as anybody drives them (`rollcall node`).
//
//     rollcall_cluster_bench                  everything, about six minutes
//     rollcall_cluster_bench --only burst --only late_join
//     rollcall_cluster_bench --million 100000 --idle-seconds 0    quicker
//     rollcall_cluster_bench --only crowd --nodes 100
//
// What is measured includes both pipes and the JSON. Progress goes to stderr; a
// table to stdout, and one JSON line at its end.
#include "bench/cluster/bare.hpp"
#include "bench/cluster/scenarios.hpp"
#include "tools/command_line.hpp"

#include <boost/program_options.hpp>
#include <fmt/core.h>

#include <algorithm>
#include <iostream>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace po = boost::program_options;
using namespace rollcall::bench;

using scenario = void (*)(const sizes&, results&);
const std::vector<std::pair<std::string, scenario>> scenarios{{"propagation", propagation},
                                                              {"burst", burst},
                                                              {"late_join", late_join},
                                                              {"million", million},
                                                              {"down_and_back", down_and_back},
                                                              {"kill_seen", kill_seen},
                                                              {"deploy", deploy},
                                                              {"dispatch", dispatch},
                                                              {"crowd", crowd}};

void check(const char* name, std::int64_t x, std::int64_t least, std::int64_t most) {
  if (x < least || x > most) throw po::error{fmt::format("--{} is {} to {}", name, least, most)};
}

} // namespace

int main(int argc, char** argv) {
  sizes n;
  std::vector<std::string> only;
  bool bare = false;
  po::options_description options{"Real nodes on loopback, default periods"};
  const auto size = [](std::int64_t& x) { return po::value(&x)->default_value(x); };
  // clang-format off
  options.add_options()
    ("help", "this text")
    ("only", po::value(&only)->composing(), "one of propagation, burst, late_join, million, down_and_back, kill_seen, deploy, dispatch, crowd; any number of times")
    ("joins", size(n.joins), "single joins to time")
    ("burst", size(n.burst), "joins at once")
    ("late", size(n.late), "presences that a late joiner is to get")
    ("million", size(n.million), "presences of the large ones")
    ("changed", size(n.changed), "of them, that change")
    ("idle-seconds", size(n.idle_seconds), "how long nothing happens; 0: leave that out")
    ("kills", size(n.kills), "nodes that are killed, to time when that is seen")
    ("deployed", size(n.deployed), "keys of the eight nodes of the deploy")
    ("listeners", size(n.listeners), "actors that get a dispatch")
    ("nodes", size(n.nodes), "nodes of the crowd")
    ("crowd-joins", size(n.crowd_joins), "single joins in the crowd to time")
    ("crowd-seconds", size(n.crowd_seconds), "how long the crowd is idle")
    ("bare-caf", po::bool_switch(&bare), "be the actor system that idle nodes are compared with");
  // clang-format on
  try {
    po::variables_map given;
    rollcall::tool::refuse_marks(argc, argv);
    po::store(po::parse_command_line(argc, argv, options), given);
    po::notify(given);
    if (given.count("help")) {
      std::cout << options;
      return 0;
    }
    check("joins", n.joins, 1, 100'000);
    check("burst", n.burst, 1, 1'000'000);
    check("late", n.late, 1, 1'000'000);
    check("million", n.million, 100, 10'000'000);
    check("changed", n.changed, 1, n.million / 10);
    check("kills", n.kills, 1, 10'000);
    check("deployed", n.deployed, 8, 1'000'000);
    check("listeners", n.listeners, 3, 100'000);
    check("nodes", n.nodes, 4, 1'000);
    check("crowd-joins", n.crowd_joins, 1, 10'000);
    check("crowd-seconds", n.crowd_seconds, 1, 3600);
    check("idle-seconds", n.idle_seconds, 0, 3600);
    for (const auto& x : only)
      if (std::none_of(scenarios.begin(), scenarios.end(),
                       [&](const auto& s) { return s.first == x; }))
        throw po::error{"--only knows no \"" + x + "\""};
  } catch (const po::error& e) {
    std::cerr << "rollcall_cluster_bench: " << e.what() << "; see --help\n";
    return 2;
  }
  if (bare) return run_bare_caf();
  try {
    results all;
    for (const auto& [name, run] : scenarios) {
      if (!only.empty() && std::find(only.begin(), only.end(), name) == only.end()) continue;
      results::progress("-- " + name);
      run(n, all);
    }
    fmt::print("{}{}\n", all.table(), all.json());
  } catch (const std::exception& e) {
    std::cerr << "rollcall_cluster_bench: " << e.what() << '\n';
    return 1;
  }
}
