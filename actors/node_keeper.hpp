// The actor that supervises the endpoint of a node: passes events to observers, stops the
// endpoint in order, and restarts it if it ends in any other way (it was killed, or has a
// bug).
#pragma once

#include "actors/forgotten.hpp"
#include "actors/node_state.hpp"
#include "cluster/caf/start.hpp"

#include <chrono>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rollcall::actors {

class node_keeper : public caf::event_based_actor {
public:
  /// `how`: the config that the endpoint was started with.
  node_keeper(caf::actor_config&, std::shared_ptr<actors::node_state>,
              cluster::endpoint_config how);

  const char* name() const override { return "rollcall.node"; }
  caf::behavior make_behavior() override;
  void on_exit() override;

  /// Replies when the endpoint has ended; then the keeper ends, too.
  void stop(ticket<actors::done>);
  /// See supervisor::unheld.
  void unheld();

private:
  void watch(const caf::actor& endpoint);
  void heard(const cluster_event&);
  void is_down(const caf::actor_addr&, const caf::error& why);
  void bring_back();
  void gave_up(std::string why);
  void finish();
  void look_whether_forgotten(unsigned looks);

  std::shared_ptr<actors::node_state> node_;
  cluster::endpoint_config how_;
  compat::down_handler on_down_;
  caf::actor_addr watched_;
  std::deque<std::chrono::steady_clock::time_point> restarts_;
  std::chrono::steady_clock::time_point give_up_at_{};
  std::vector<ticket<actors::done>> stopping_;
  bool stopped_ = false;
  bool looking_ = false;
  one_of_ours counted_; // and the endpoint
};

} // namespace rollcall::actors
