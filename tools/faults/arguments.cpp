#include "tools/faults/arguments.hpp"

#include "base/duration.hpp"
#include "tools/command_line.hpp"
#include "tools/rollcall/child_process.hpp"

#include <algorithm>
#include <charconv>
#include <filesystem>
#include <sstream>

namespace rollcall::faults {

namespace {

namespace po = boost::program_options;

using tool::bad_argument;

po::options_description described() {
  auto text = [](const char* shown) { return po::value<std::string>()->value_name(shown); };
  po::options_description d{"Options", 100, 60};
  // clang-format off
  d.add_options()
    ("cycles", text("N"), "so many cycles of faults and healing (default 20)")
    ("duration", text("TIME"), "instead: as many cycles as go into that time")
    ("soak", text("TIME"), "the same, with half of the nodes never killed, and their memory watched")
    ("stalls", text("N"), "instead: only SIGSTOPs of 0.8 * down period, at most 6.4s, so many; nobody may be called down")
    ("nodes", text("N"), "3 to 8 (default 8)")
    ("seed", text("N"), "of the schedule (default 1)")
    ("from-cycle", text("N"), "first cycle of the schedule (default 0)")
    ("faults", text("LIST"), "all, or names with commas (default all)")
    ("spare", text("N"), "the first so many nodes are never killed (default 0)")
    ("network", text("KIND"), "loopback: a proxy between the nodes; namespaces: one for each node, needs root (default loopback)")
    ("tls", "links under TLS, with a CA made for the run")
    ("rate", text("N"), "operations a second over all nodes (default 100)")
    ("broadcast-period", text("TIME"), "of the nodes (default 150ms)")
    ("down-period", text("TIME"), "of the nodes (default 2s)")
    ("permdown-period", text("TIME"), "of the nodes (default 6s)")
    ("patience", text("TIME"), "how long a cycle waits for all to be equal before it fails (default 60s)")
    ("program", text("FILE"), "rollcall (default: beside this program)")
    ("next-program", text("FILE"), "a later version of it")
    ("next-nodes", text("N"), "so many of the nodes, the last, run that (default 0)")
    ("plot", text("FILE"), "write the memory of the nodes over time as SVG")
    ("keep", text("DIR"), "keep the logs of the nodes there")
    ("verbose", "tell each cycle")
    ("help", "this text");
  // clang-format on
  return d;
}

std::string help_text() {
  std::ostringstream s;
  s << "Usage: rollcall_faults [options]\n"
       "Runs a cluster of real `rollcall node` processes, breaks it on a schedule under a seed\n"
       "while operations go on, and checks what every node shows against what was acknowledged.\n\n"
    << described() << "\nFaults:\n";
  for (const auto& k : all_kinds())
    s << "  " << k.name << std::string(18 - k.name.size(), ' ') << k.what << '\n';
  s << "\nTIME is a number with a unit: 150ms, 10s, 45min.\n"
       "Exit code: 0 all passed, 1 a check failed, 2 bad arguments.\n";
  return s.str();
}

class values {
public:
  explicit values(const po::variables_map& given) : given_(given) {}

  template <class T>
  void number(const char* name, T& to, T least, T most) const {
    if (!given_.contains(name)) return;
    const auto& text = given_[name].as<std::string>();
    const auto* end = text.data() + text.size();
    const auto [rest, wrong] = std::from_chars(text.data(), end, to);
    if (wrong != std::errc{} || rest != end || to < least || to > most)
      fail(name, text, "a number from " + std::to_string(least) + " to " + std::to_string(most));
  }
  void time(const char* name, milliseconds& to) const {
    if (!given_.contains(name)) return;
    const auto& text = given_[name].as<std::string>();
    const auto x = parse_duration(text);
    if (!x || x->count() <= 0) fail(name, text, "a time like 150ms, 10s or 45min");
    to = *x;
  }
  void text(const char* name, std::string& to) const {
    if (given_.contains(name)) to = given_[name].as<std::string>();
  }
  bool flag(const char* name) const { return given_.contains(name); }
  [[noreturn]] static void fail(const char* name, const std::string& text,
                                const std::string& wanted) {
    throw bad_argument("--" + std::string{name} + " must be " + wanted + ", not '" + text + "'");
  }

private:
  const po::variables_map& given_;
};

std::vector<fault_kind> read_kinds(const std::string& list) {
  std::vector<fault_kind> out;
  std::istringstream words(list);
  for (std::string word; std::getline(words, word, ',');) {
    bool known = word == "all";
    for (const auto& k : all_kinds())
      if (word == "all" || word == k.name) {
        known = true;
        if (std::find(out.begin(), out.end(), k.kind) == out.end()) out.push_back(k.kind);
      }
    if (!known) throw bad_argument("no fault is named '" + word + "': --help lists them");
  }
  if (out.empty()) throw bad_argument("--faults needs a name: --help lists them");
  return out;
}

arguments read(const po::variables_map& given) {
  const values in(given);
  constexpr auto top = ~std::uint64_t{0};
  arguments a;
  in.number("seed", a.seed, std::uint64_t{0}, top);
  in.number("from-cycle", a.from_cycle, std::uint64_t{0}, top);
  in.number("cycles", a.cycles, std::uint64_t{1}, std::uint64_t{1'000'000});
  in.number("stalls", a.stalls, std::uint64_t{1}, std::uint64_t{1'000'000});
  in.number("nodes", a.nodes, 3, 8);
  in.time("duration", a.duration);
  in.time("soak", a.soak);
  if (a.soak.count() > 0) a.spared = a.nodes / 2;
  in.number("spare", a.spared, 0, 8);
  in.number("next-nodes", a.next_nodes, 0, a.nodes);
  int rate = 100;
  in.number("rate", rate, 1, 2000);
  a.rate = rate;
  in.time("broadcast-period", a.periods.broadcast);
  in.time("down-period", a.periods.down);
  in.time("permdown-period", a.periods.permdown);
  in.time("patience", a.patience);
  std::string network = "loopback", faults = "all";
  in.text("network", network);
  if (network != "loopback" && network != "namespaces")
    values::fail("network", network, "loopback or namespaces");
  a.with_namespaces = network == "namespaces";
  in.text("faults", faults);
  a.kinds = read_kinds(faults);
  a.tls = in.flag("tls");
  a.verbose = in.flag("verbose");
  a.program = (std::filesystem::path(tool::own_path()).parent_path() / "rollcall").string();
  in.text("program", a.program);
  in.text("next-program", a.next_program);
  if (a.next_nodes > 0 && a.next_program.empty())
    throw bad_argument("--next-nodes needs --next-program");
  in.text("plot", a.plot);
  in.text("keep", a.keep);
  for (auto name : {"nodes", "faults", "spare", "network", "rate", "broadcast-period",
                    "down-period", "permdown-period", "next-program", "next-nodes"})
    if (given.contains(name))
      a.replay += " --" + std::string{name} + " " + given[name].as<std::string>();
  if (a.soak.count() > 0 && !given.contains("spare"))
    a.replay += " --spare " + std::to_string(a.spared);
  if (a.tls) a.replay += " --tls";
  return a;
}

} // namespace

parsed parse(int argc, const char* const* argv) {
  return tool::parse_command_line<parsed>(argc, argv, described(), help_text, read);
}

} // namespace rollcall::faults
