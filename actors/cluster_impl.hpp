// What a cluster_node stands for: shared by its values, by the trackers that use
// it and by its keeper (node_keeper.hpp).
//
// Threads: any. Keeps no actor alive after the node has ended.
#pragma once

#include "actors/call.hpp"
#include "actors/callback_queue.hpp"
#include "cluster/caf/messages.hpp"
#include "cluster/caf/tls_source.hpp"
#include "rollcall/cluster.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace rollcall {

namespace actors {
class pool;
} // namespace actors

struct cluster_node::impl : std::enable_shared_from_this<cluster_node::impl> {
  caf::actor_system* system = nullptr; ///< to be used before the node has ended
  caf::actor endpoint;                 ///< null while it is being brought back
  std::string name;
  std::string listen;
  std::string advertise;
  std::shared_ptr<cluster::tls_source> tls; ///< null: plain TCP

  mutable std::mutex mutex; // for `endpoint` and all below
  caf::actor keeper;        // null: there is none, or it has ended
  bool ended = false;
  problem fatal; ///< what ended the membership

  // -- observers -----------------------------------------------------------------
  using callback = std::function<void(const cluster_event&)>;
  struct observer {
    std::shared_ptr<actors::callback_queue> queue;
    const callback* call; // owned by the queue, valid in what it runs
  };
  std::map<std::uint64_t, observer> observers;
  std::vector<std::weak_ptr<actors::callback_queue>> late; ///< cancelled while they ran
  std::map<std::string, cluster_event> up;                 ///< the peer_up of each link, by node
  std::vector<cluster_event> warnings;                     ///< of the start
  bool observed = false;                                   ///< somebody has observed
  std::vector<cluster_event> early; ///< for the first observer: what came before it

  /// Hands it to all observers.
  void tell(const cluster_event&);
  bool is_told_again(const cluster_event&) const;
  /// Null: no thread can be started. It hears of what is up first, and the first observer
  /// of what happened before it came: a seed that refuses does so within a millisecond.
  std::shared_ptr<actors::callback_queue> add_observer(std::uint64_t id, callback);
  void remove_observer(std::uint64_t id);
  /// No callback begins after this; false if one still runs at that time.
  bool end_observers(std::chrono::steady_clock::time_point until);

  // -- trackers ------------------------------------------------------------------
  std::vector<std::weak_ptr<actors::pool>> pools;
  void add_pool(const std::shared_ptr<actors::pool>&);
  std::vector<std::shared_ptr<actors::pool>> running_pools() const;
  void endpoint_is(caf::actor); ///< and all trackers attach to it

  /// What the cluster_node values of users point to.
  std::weak_ptr<impl> value;
  bool has_value() const;

  /// Why no tracker can start on it, if so.
  problem refusal() const;
  /// The endpoint and the keeper are gone; observers hear what they were told.
  void end();
};

/// The nodes of this process, one for each actor system.
namespace actors::nodes {
/// False: there is one that has not ended.
bool add(const caf::actor_system&, const std::shared_ptr<cluster_node::impl>&);
void remove(const cluster_node::impl*);
/// The node of that system; null if there is none.
std::shared_ptr<cluster_node::impl> find(const caf::actor_system&);
} // namespace actors::nodes

} // namespace rollcall
