#include "tools/sim/arguments.hpp"

#include "tools/command_line.hpp"
#include "tools/sim/scale.hpp"

#include <charconv>
#include <sstream>
#include <vector>

namespace rollcall::sim {

namespace {

namespace po = boost::program_options;

using tool::bad_argument;

std::uint64_t number(const char* name, const std::string& text, std::uint64_t least,
                     std::uint64_t most) {
  std::uint64_t x = 0;
  const auto* end = text.data() + text.size();
  const auto [rest, wrong] = std::from_chars(text.data(), end, x);
  if (wrong != std::errc{} || rest != end || x < least || x > most)
    throw bad_argument("--" + std::string{name} + " must be a number from " + std::to_string(least)
                       + " to " + std::to_string(most) + ", not '" + text + "'");
  return x;
}

std::uint64_t number(const po::variables_map& given, const char* name, std::uint64_t least,
                     std::uint64_t most) {
  return number(name, given[name].as<std::string>(), least, most);
}

template <class Table>
std::string names_of(const Table& table) {
  std::string s = ": there are";
  for (auto& x : table) s += " " + std::string{x.name};
  return s;
}

po::options_description described() {
  po::options_description d{
      "Runs whole rollcall clusters in one thread, on virtual time, under a seed, "
      "and checks them\nafter every event. Same seed and build: same run, to the "
      "bit.\n\nOptions"};
  auto text = [] { return po::value<std::string>(); };
  d.add_options()("help", "this text");
  d.add_options()("seed", po::value<std::vector<std::string>>()->composing(),
                  "one run; may be given any number of times");
  d.add_options()("verbose", "tell its story");
  d.add_options()("shrink", "with --seed: make the story of a failing run as short as can be");
  d.add_options()("seeds", text(), "so many runs (default 1000)");
  d.add_options()("from", text(), "the first seed of them (default 1)");
  d.add_options()("no-shrink", "with --seeds: leave the first failing run as it is");
  d.add_options()("threads", text(), "for --seeds, 1 to 64 (default 2)");
  d.add_options()("replicas", text(), "nodes, 2 to 9 (default: drawn)");
  d.add_options()("shards", text(), "of each node, 1 to 3 (default: drawn)");
  d.add_options()("ops", text(), "operations (default: drawn)");
  d.add_options()("story", text(), "one scenario, by the name of the rule that it is of");
  d.add_options()("canary", text(), "with this bug built in (with --seed, --seeds or --story)");
  d.add_options()("canaries", "seeds until each of the bugs that can be built in is caught");
  d.add_options()(
      "scale", text(),
      "so many nodes (2 to 1000) for ten virtual minutes; a JSON line tells what came of it");
  d.add_options()(
      "mesh-scale", text(),
      "so many nodes (2 to 1000) that find each other from one seed, and after a cut; a "
      "JSON line tells what came of it");
  d.add_options()("faults", text(), "all, none, or a list with commas (default all)");
  return d;
}

std::string help_text() {
  std::ostringstream s;
  s << described() << "\nFaults:\n";
  for (auto& f : all_faults())
    s << "  " << f.name << std::string(f.name.size() < 14 ? 14 - f.name.size() : 1, ' ') << f.what
      << '\n';
  s << "\nBugs that can be built in:\n";
  for (auto& c : all_canaries())
    s << "  " << c.name << std::string(c.name.size() < 14 ? 14 - c.name.size() : 1, ' ') << c.text
      << '\n';
  s << "\nExit code: 0 all passed, 1 a check failed, 2 bad arguments.\n";
  return s.str();
}

arguments read(const po::variables_map& given) {
  constexpr auto top = ~std::uint64_t{0};
  arguments a;
  if (given.contains("seed") && (given.contains("seeds") || given.contains("from")))
    throw bad_argument("give --seed for one run, or --seeds and --from for many");
  if (given.contains("seed")) {
    for (auto& x : given["seed"].as<std::vector<std::string>>())
      a.only.push_back(number("seed", x, 0, top));
  }
  if (given.contains("seeds")) a.seeds = number(given, "seeds", 1, top);
  if (given.contains("from")) a.from = number(given, "from", 0, top);
  if (given.contains("threads")) a.threads = static_cast<unsigned>(number(given, "threads", 1, 64));
  a.verbose = given.contains("verbose");
  a.shrink = given.contains("shrink") || (a.only.empty() && !given.contains("no-shrink"));
  a.canaries = given.contains("canaries");
  if (given.contains("story")) {
    const auto& name = given["story"].as<std::string>();
    a.tale = find_story(name);
    if (!a.tale) throw bad_argument("no story is named '" + name + "'" + names_of(all_stories()));
  }
  if (given.contains("canary")) {
    const auto& name = given["canary"].as<std::string>();
    a.canary = find_canary(name);
    if (!a.canary) throw bad_argument("no bug is named '" + name + "': --help lists them");
    a.mix.wall_time = a.canary->wall_time;
    a.mix_text += " --canary " + name;
  }
  if (a.tale && (!a.only.empty() || a.canaries || given.contains("seeds")))
    throw bad_argument("give --story alone, or with --canary and --verbose");
  if (a.canaries && (!a.only.empty() || a.canary))
    throw bad_argument("--canaries runs them all: give it without --seed and --canary");
  if ((a.canaries || a.canary) && !canaries_alive)
    throw bad_argument("no bug is built into this rollcall_sim: it was built with assertions or "
                       "sanitizers, or with ROLLCALL_CANARIES=OFF; use one of a release build");
  if (a.verbose && a.only.empty() && !a.tale)
    throw bad_argument("--verbose tells one run: give it with --seed or --story");
  auto mixed = [&](const char* name) {
    a.mix_text += " --" + std::string{name} + " " + given[name].as<std::string>();
  };
  if (given.contains("replicas")) {
    a.mix.nodes = static_cast<int>(number(given, "replicas", 2, 9));
    mixed("replicas");
  }
  if (given.contains("shards")) {
    a.mix.shards = static_cast<int>(number(given, "shards", 1, 3));
    mixed("shards");
  }
  if (given.contains("ops")) {
    a.mix.ops = static_cast<int>(number(given, "ops", 0, 1'000'000));
    mixed("ops");
  }
  const auto scale = [&](const char* name) {
    if (!given.contains(name)) return std::size_t{0};
    if (a.canaries || a.canary || a.tale || a.verbose || given.contains("seeds")
        || a.only.size() > 1)
      throw bad_argument("give --" + std::string{name}
                         + " alone, or with one --seed and --threads");
    return static_cast<std::size_t>(number(given, name, least_scale, most_scale));
  };
  a.scale = scale("scale");
  a.mesh_scale = scale("mesh-scale");
  std::string unknown;
  if (!parse_faults(given.contains("faults") ? given["faults"].as<std::string>() : "all",
                    a.mix.faults, unknown))
    throw bad_argument("no fault is named '" + unknown + "': --help lists them");
  if (given.contains("faults")) mixed("faults");
  return a;
}

} // namespace

parsed parse(int argc, const char* const* argv) {
  return tool::parse_command_line<parsed>(argc, argv, described(), help_text, read);
}

} // namespace rollcall::sim
