// What `rollcall phoenix` is told. Values only.
#pragma once

#include <chrono>
#include <cstddef>
#include <set>
#include <string>
#include <string_view>
#include <vector>

namespace rollcall::phoenix {

struct phoenix_options {
  std::string erlang_name;               ///< ours: bridge@127.0.0.1
  std::string cookie_file;               ///< its first line
  std::vector<std::string> erlang_nodes; ///< any of the cluster; it tells of the others
  std::string pubsub;                    ///< module name of the Phoenix.PubSub: "PS"
  std::string tracker;                   ///< of the Phoenix.Tracker: "TR"
  std::size_t pool_size = 1;
  std::chrono::milliseconds broadcast_period{1500};
  std::chrono::milliseconds down_period{30'000};
  std::chrono::milliseconds link_grace{3000};
  std::set<std::string> atom_keys;
  bool insecure = false; ///< Erlang's plain protocol beyond loopback
};

/// What is wrong, and what to do about it; empty if all is well.
std::string validate(const phoenix_options&);
/// The first line of the file. Empty, with `why`, if there is none.
std::string read_cookie(const std::string& file, std::string& why);

/// Where the bridges of a cluster find each other. What is in it is not mirrored.
inline constexpr std::string_view bridges_topic = "rollcall:phoenix";

} // namespace rollcall::phoenix
