// The program rollcall, with its subcommands.
#include "tools/rollcall/demo/demo.hpp"
#include "tools/rollcall/demo/guest.hpp"
#include "tools/rollcall/descriptors.hpp"
#include "tools/rollcall/gateway/command.hpp"
#include "tools/rollcall/node.hpp"
#include "tools/rollcall/options.hpp"
#include "tools/rollcall/phoenix/command.hpp"
#include "tools/rollcall/why.hpp"
#include "tools/version.hpp"

#include <cstdio>
#include <string>
#include <vector>

namespace {

constexpr const char* help =
    "Usage: rollcall <command> [options]\n"
    "\n"
    "Who is here, on every node of a cluster.\n"
    "\n"
    "  node     one node, driven by JSON Lines on stdin and stdout\n"
    "  gateway  a node that browsers connect to: Phoenix Channels, HTTP, metrics\n"
    "  phoenix  a node that is also a member of a Phoenix.Tracker cluster\n"
    "  why      what a journal tells of a key: why it was, or was not, present\n"
    "  demo     three nodes, some people, and what can go wrong: 40 seconds to watch\n"
    "\n"
    "rollcall <command> --help tells more; rollcall --version names the version.\n";

int phoenix(const std::vector<std::string>& args) {
#ifdef ROLLCALL_PHOENIX
  return rollcall::tool::run_phoenix(args);
#else
  static_cast<void>(args);
  std::fputs("rollcall phoenix: this build is without Erlang's libei; install erlang-dev and build "
             "again\n",
             stderr);
  return rollcall::tool::exit_bad_arguments;
#endif
}

} // namespace

int main(int argc, char** argv) {
  using namespace rollcall::tool;
  open_standard_descriptors();
  const std::vector<std::string> words(argv + 1, argv + argc);
  const std::string command = words.empty() ? "" : words.front();
  const std::vector<std::string> args(words.begin() + (words.empty() ? 0 : 1), words.end());
  if (say_version(argc, argv, "rollcall")) return exit_ok;
  if (command == "node") return run_node(args);
  if (command == "gateway") return run_gateway(args);
  if (command == "phoenix") return phoenix(args);
  if (command == "why") return run_why(args);
  if (command == "demo") return demo::run_demo(args);
  if (command == "guest" && args.size() == 1) return demo::run_guest(args.front().c_str());
  if (command == "--help" || command == "help") {
    std::fputs(help, stdout);
    return exit_ok;
  }
  std::fprintf(stderr, "rollcall: %s%s (see rollcall --help)\n",
               command.empty() ? "say what to run: node, gateway, phoenix, why or demo"
                               : "no such command: ",
               command.c_str());
  return exit_bad_arguments;
}
