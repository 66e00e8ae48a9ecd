// What a cluster_node stands for.
#pragma once

#include "cluster/caf/messages.hpp"
#include "cluster/caf/tls_source.hpp"
#include "rollcall/cluster.hpp"

#include <memory>
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
  std::shared_ptr<cluster::tls_source> tls; ///< null: plain TCP
  std::mutex mutex;
  std::vector<caf::actor> workers; ///< that serve the callbacks of `observe`
};

} // namespace rollcall
