#include "tools/rollcall/demo/demo.hpp"

#include "tools/command_line.hpp"
#include "tools/rollcall/demo/check.hpp"
#include "tools/rollcall/demo/story.hpp"
#include "tools/rollcall/demo/web.hpp"
#include "tools/rollcall/options.hpp"

#include <boost/program_options.hpp>
#include <fmt/format.h>

#include <csignal>
#include <cstdio>
#include <sstream>
#include <variant>

namespace rollcall::tool::demo {

namespace po = boost::program_options;

namespace {

struct demo_options {
  bool plain = false;
  bool web = false;
  double pace = 1;
};

std::variant<demo_options, early_end> parse(const std::vector<std::string>& args) {
  po::options_description known("Options");
  demo_options o;
  // clang-format off
  known.add_options()
    ("web", po::bool_switch(&o.web), "three nodes and two gateways to look at in a browser, until Ctrl-C")
    ("plain", po::bool_switch(&o.plain), "a line for what happens, no drawing")
    ("pace", po::value<double>(&o.pace)->value_name("N"), "time to look, 0 to 10; 0: as fast as things happen (default: 1, about 40 s)")
    ("help", "print this");
  // clang-format on
  po::variables_map values;
  try {
    constexpr int style = po::command_line_style::unix_style
                          & ~po::command_line_style::allow_guessing
                          & ~po::command_line_style::allow_short;
    const po::positional_options_description none;
    refuse_marks(args);
    po::store(po::command_line_parser(args).options(known).positional(none).style(style).run(),
              values);
    po::notify(values);
  } catch (const po::error& error) {
    return bad_arguments("rollcall demo", error.what());
  }
  if (values.count("help")) {
    std::ostringstream text;
    text << "Usage: rollcall demo [options]\n"
            "Three nodes on this machine, people who come and go, one node killed, one suspended.\n"
            "Ends with a check of what every node lists; exit code 1 if it does not hold.\n\n"
         << known;
    return early_end{exit_ok, text.str()};
  }
  if (!(o.pace >= 0 && o.pace <= 10))
    return bad_arguments("rollcall demo", "--pace: give it a number from 0 to 10");
  return o;
}

} // namespace

int run_demo(const std::vector<std::string>& args) {
  auto parsed = parse(args);
  if (auto* end = std::get_if<early_end>(&parsed)) {
    std::fputs((end->text + (end->code == exit_ok ? "" : "\n")).c_str(),
               end->code == exit_ok ? stdout : stderr);
    return end->code;
  }
  const auto& options = std::get<demo_options>(parsed);
  stop_on_signals();
  terminal out(options.plain);
  if (options.web) return run_web(out);
  stage s(out);
  const bool agrees = play(s, options.pace) && check(s);
  if (s.stopped()) {
    out.print("stopped.");
    return exit_does_not_hold;
  }
  if (!s.trouble().empty()) {
    out.print({{"It went wrong: " + s.trouble(), style::bad}});
    out.print("The logs of the nodes: " + s.logs());
  }
  if (agrees)
    out.print("In a browser: script/demo --web, then http://127.0.0.1:4000/ (rollcall demo --web)");
  return agrees ? exit_ok : exit_does_not_hold;
}

} // namespace rollcall::tool::demo
