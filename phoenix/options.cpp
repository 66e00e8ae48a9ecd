#include "phoenix/options.hpp"

#include "phoenix/dialer.hpp"

#include <algorithm>
#include <fstream>

namespace rollcall::phoenix {

namespace {

std::string node_problem(const char* option, const std::string& name, bool insecure) {
  const auto [alive, host] = split_node_name(name);
  const auto shown = std::string("--") + option + " \"" + name + "\": ";
  if (alive.empty() || host.empty() || name.size() > 255)
    return shown + "write NAME@HOST, as in app@127.0.0.1";
  if (!insecure && !is_loopback_host(host))
    return shown
           + "Erlang's protocol is plain: use a loopback address with a tunnel behind it, or allow "
             "it with --insecure";
  return {};
}

bool is_module(const std::string& x) {
  return !x.empty() && x.size() < 200 && std::all_of(x.begin(), x.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.'
           || c == '_';
  });
}

} // namespace

std::string validate(const phoenix_options& o) {
  if (o.erlang_name.empty()) return "set --erlang-name, as in bridge@127.0.0.1";
  if (o.cookie_file.empty()) return "set --erlang-cookie-file to a file that holds the cookie";
  if (o.erlang_nodes.empty()) return "set --erlang-node to a node of the cluster";
  if (auto why = node_problem("erlang-name", o.erlang_name, o.insecure); !why.empty()) return why;
  for (const auto& node : o.erlang_nodes)
    if (auto why = node_problem("erlang-node", node, o.insecure); !why.empty()) return why;
  if (!is_module(o.pubsub))
    return "set --pubsub to the module of the Phoenix.PubSub, as in MyApp.PubSub";
  if (!is_module(o.tracker))
    return "set --phoenix-tracker to the module of the Phoenix.Tracker, as in MyApp.Tracker";
  if (o.pool_size < 1 || o.pool_size > 1024) return "--phoenix-pool-size: choose 1 to 1024";
  if (o.broadcast_period.count() < 10) return "--phoenix-broadcast-period: choose 10ms or more";
  if (o.down_period < 2 * o.broadcast_period)
    return "down_period must be at least twice as large as the broadcast_period "
           "(--phoenix-down-period, --phoenix-broadcast-period)";
  return {};
}

std::string read_cookie(const std::string& file, std::string& why) {
  std::ifstream in(file);
  std::string line;
  if (!in || !std::getline(in, line)) {
    why = "--erlang-cookie-file \"" + file + "\": cannot read a line of it";
    return {};
  }
  while (!line.empty() && (line.back() == '\r' || line.back() == ' ')) line.pop_back();
  if (line.empty() || line.size() > 255) {
    why =
        "--erlang-cookie-file \"" + file + "\": its first line is no cookie (1 to 255 characters)";
    return {};
  }
  return line;
}

} // namespace rollcall::phoenix
