// `rollcall node`: one node, driven by JSON Lines on stdin and stdout.
#pragma once

#include "rollcall/cluster.hpp"
#include "rollcall/tracker.hpp"
#include "tools/rollcall/json_writer.hpp"
#include "tools/rollcall/options.hpp"

#include <functional>
#include <string>
#include <vector>

namespace rollcall::tool {

/// What a program runs beside its node (a gateway, a bridge).
struct companion {
  /// When the node listens; an error ends the program.
  std::function<caf::error(caf::actor_system&, const tracker&, const cluster_node&)> start{};
  /// Adds members to the `ready` line.
  std::function<void(json_writer&)> describe{};
  /// Gets what writes a line of its own to stdout, after the `ready` line. That may be
  /// used until `stop` has returned.
  std::function<void(std::function<void(std::string)>)> told_by{};
  /// Adds members to the answer of `stats`.
  std::function<void(json_writer&)> count{};
  /// Before the tracker stops.
  std::function<void()> stop{};
};

/// Runs a node until its session ends. `program`: as messages name it.
int run_node(const node_options&, const std::string& program, const companion&);
/// Says why the program ends here. Returns its exit code.
int say(const early_end&);

/// The whole program; `args` is what stands after `rollcall node`.
int run_node(const std::vector<std::string>& args);

} // namespace rollcall::tool
