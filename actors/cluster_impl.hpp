// What a cluster_node stands for.
#pragma once

#include "cluster/caf/messages.hpp"
#include "rollcall/cluster.hpp"

#include <mutex>
#include <string>
#include <vector>

namespace rollcall {

struct cluster_node::impl {
  caf::actor_system* system = nullptr;
  caf::actor endpoint;
  std::string name;
  std::string listen;
  std::string advertise;
  std::mutex mutex;
  std::vector<caf::actor> workers; ///< that serve the callbacks of `observe`
};

} // namespace rollcall
