// rollcall_replay: conformance recordings -> verdict.
#include "tools/command_line.hpp"
#include "tools/replay/report.hpp"
#include "tools/version.hpp"

#include <boost/program_options.hpp>

#include <iostream>
#include <string>
#include <utility>
#include <vector>

namespace {

namespace po = boost::program_options;
using namespace rollcall::replay;

using paths = std::vector<std::string>;

enum exit_code { all_hold = 0, something_fails = 1, bad_arguments = 2 };

int refuse(const std::string& why) {
  std::cerr << "rollcall_replay: " << why << " (see --help)\n";
  return bad_arguments;
}

po::options_description visible_options() {
  po::options_description result("Options");
  auto add = result.add_options();
  add("clock", po::value<paths>()->composing(), "FILE: records of vector clocks (JSON Lines)");
  add("phash2", po::value<paths>()->composing(), "FILE: records of topic hashes (tab separated)");
  add("piece", po::value<std::size_t>()->default_value(0),
      "cut messages into pieces of at most N presences (0: as a shard does)");
  add("removal-log", po::value<std::size_t>()->default_value(0),
      "owners remember N leaves (0: as a shard does)");
  add("help,h", "this text");
  return result;
}

// Reads all before it replays any: a wrong path is a wrong argument.
int read_all(const paths& names, std::vector<std::pair<std::string, std::string>>& to) {
  for (const auto& name : names) {
    auto text = read_file(name);
    if (!text) return refuse("cannot read " + name + ": give a file that can be read");
    to.emplace_back(name, std::move(*text));
  }
  return all_hold;
}

int run(const po::variables_map& given) {
  const auto list = [&](const char* name) {
    return given.count(name) != 0 ? given[name].as<paths>() : paths{};
  };
  std::vector<std::pair<std::string, std::string>> traces, clocks, hashes;
  for (const auto& [name, to] :
       {std::pair{"trace", &traces}, {"clock", &clocks}, {"phash2", &hashes}})
    if (const auto code = read_all(list(name), *to); code != all_hold) return code;
  if (traces.empty() && clocks.empty() && hashes.empty())
    return refuse("nothing to replay: give FILE, --clock FILE or --phash2 FILE");
  const settings cut{given["piece"].as<std::size_t>(), given["removal-log"].as<std::size_t>()};
  tally total;
  for (const auto& [name, text] : traces) report_trace(std::cout, name, text, cut, total);
  for (const auto& [name, text] : clocks) report_clock(std::cout, name, text, total);
  for (const auto& [name, text] : hashes) report_phash2(std::cout, name, text, total);
  std::cout << total.passed << " passed, " << total.failed << " failed" << std::endl;
  return total.failed == 0 ? all_hold : something_fails;
}

} // namespace

int main(int argc, char** argv) {
  if (rollcall::tool::say_version(argc, argv, "rollcall_replay")) return all_hold;
  try {
    const auto visible = visible_options();
    po::options_description all;
    all.add(visible).add_options()("trace", po::value<paths>()->composing());
    po::positional_options_description files;
    files.add("trace", -1);
    po::variables_map given;
    rollcall::tool::refuse_marks(argc, argv);
    po::store(po::command_line_parser(argc, argv).options(all).positional(files).run(), given);
    po::notify(given);
    if (given.count("help") != 0) {
      std::cout << "rollcall_replay FILE...\n"
                   "Replays recorded runs (JSON Lines) on rollcall's replicated state, and holds\n"
                   "them against what was recorded. A line for each file, then the sum.\n"
                   "Exit: 0 all hold, 1 some do not, 2 bad arguments.\n\n"
                << visible;
      return all_hold;
    }
    return run(given);
  } catch (const std::exception& e) {
    return refuse(e.what());
  }
}
