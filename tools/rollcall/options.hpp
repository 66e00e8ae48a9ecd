// The command line of `rollcall node`.
//
// Pure but for reading the file that --config names.
#pragma once

#include "actors/option_table.hpp"
#include "tools/rollcall/log.hpp"

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace boost::program_options {
class options_description;
class variables_map;
} // namespace boost::program_options

namespace rollcall::tool {

struct node_options : node_settings { ///< node name: "<host>-<process id>" unless given
  tracker_options tracker;
  log_level level = log_level::info;
  std::optional<millis> drain_on_terminate; ///< on SIGTERM: drain with that lease, then say bye
  bool test_ops = false;                    ///< ops that damage this node are allowed
};

/// The program ends here: `text` to stdout if `code` is 0, else to stderr.
struct early_end {
  int code = 0;
  std::string text;
};

inline constexpr int exit_ok = 0, exit_does_not_hold = 1, exit_bad_arguments = 2;

/// What a program that is a node, and more than that, adds to the options.
struct more_options {
  std::string program = "rollcall node"; ///< as messages name it
  std::string intro; ///< what `--help` says of it; empty: what it says of a node
  std::function<void(boost::program_options::options_description&)> declare{};
  /// Reads what was declared. Returns what is wrong, or nothing.
  std::function<std::string(const boost::program_options::variables_map&)> read{};
};

/// `args`: what stands after `rollcall node`. Errors are one line that says
/// what to do.
std::variant<node_options, early_end> parse_node_options(const std::vector<std::string>& args,
                                                         const more_options& more = {});

/// One line for stderr, and exit code 2.
early_end bad_arguments(std::string_view program, std::string_view why);

} // namespace rollcall::tool
