// The options of a node, in addition to those of its tracker (base/option_table.hpp): under
// "rollcall" in CAF's config, and on the command line of the programs.
#pragma once

#include "base/option_table.hpp"
#include "rollcall/cluster.hpp"
#include "rollcall/config.hpp"

namespace rollcall {

struct node_settings {
  cluster_options cluster;
  tls_options tls;
  std::string passphrase_file; ///< its first line opens `tls.key`
  std::string reachable;       ///< text of cluster.reachable
};

std::span<const option_row<node_settings>> node_option_table() noexcept;

} // namespace rollcall
