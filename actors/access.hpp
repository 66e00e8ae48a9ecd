// Gives rollcall's own code, and its tests, access to what public values hold.
#pragma once

#include "rollcall/cluster.hpp"
#include "rollcall/subscription.hpp"
#include "rollcall/tracker.hpp"

#include <memory>
#include <utility>

namespace rollcall::actors {

struct access {
  static tracker make_tracker(std::shared_ptr<pool> x) { return tracker{std::move(x)}; }
  static cluster_node make_node(std::shared_ptr<node_state> x) {
    return cluster_node{std::move(x)};
  }
  static subscription make_subscription(std::uint64_t id, std::shared_ptr<callback_queue> x) {
    return {id, std::move(x)};
  }
  /// Null for a default-constructed tracker.
  static pool* pool_of(const tracker& x) noexcept { return x.pool_.get(); }
  /// Null for a default-constructed node.
  static const std::shared_ptr<node_state>& state_of(const cluster_node& x) noexcept {
    return x.state_;
  }
};

} // namespace rollcall::actors
