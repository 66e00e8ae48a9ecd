// The state of a node, shared by its cluster_node values, by the trackers that use it and by
// its keeper (node_keeper.hpp).
//
// Thread-safety: any thread. Keeps no actor alive after the node has ended.
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

struct actors::node_state : std::enable_shared_from_this<actors::node_state> {
  caf::actor_system* system = nullptr; ///< valid until the node has ended
  caf::actor endpoint;                 ///< null while it is restarted
  std::string name;
  std::string listen;
  std::string advertise;
  std::shared_ptr<cluster::tls_source> tls; ///< null: plain TCP

  mutable std::mutex mutex; // for `endpoint` and all below
  caf::actor keeper;        // null if it has ended
  bool ended = false;
  problem fatal; ///< why the node left the cluster

  // -- observers -----------------------------------------------------------------
  using callback = std::function<void(const cluster_event&)>;
  struct observer {
    std::shared_ptr<actors::callback_queue> queue;
    const callback* call; // owned by the queue, valid inside its functions
  };
  std::map<std::uint64_t, observer> observers;
  std::vector<std::weak_ptr<actors::callback_queue>> late; ///< cancelled while they ran
  std::map<std::string, cluster_event> up;                 ///< the peer_up of each link, by node
  std::vector<cluster_event> warnings;                     ///< of the start
  bool observed = false;                                   ///< somebody has observed
  std::vector<cluster_event> early; ///< for the first observer: what came before it

  /// Passes the event to all observers.
  void tell(const cluster_event&);
  bool is_told_again(const cluster_event&) const;
  /// The observer gets the present links and warnings first, and the first observer also what
  /// happened before it: a seed that refuses does so within a millisecond. Returns null if no
  /// thread can be started.
  std::shared_ptr<actors::callback_queue> add_observer(std::uint64_t id, callback);
  void remove_observer(std::uint64_t id);
  /// No callback begins after this. Returns false if one still runs at that time.
  bool end_observers(std::chrono::steady_clock::time_point until);

  // -- trackers ------------------------------------------------------------------
  std::vector<std::weak_ptr<actors::pool>> pools;
  void add_pool(const std::shared_ptr<actors::pool>&);
  std::vector<std::shared_ptr<actors::pool>> running_pools() const;
  void endpoint_is(caf::actor); ///< sets the endpoint, and attaches all trackers to it

  /// The pointer in the cluster_node values of users.
  std::weak_ptr<node_state> value;
  bool has_value() const;

  /// Returns why no tracker can start on the node; else none.
  problem refusal() const;
  /// The endpoint and the keeper have ended. Observers still get the events so far.
  void end();
};

/// The nodes of this process, one for each actor system.
namespace actors::nodes {
/// Returns false if the system has a node that has not ended.
bool add(const caf::actor_system&, const std::shared_ptr<actors::node_state>&);
void remove(const actors::node_state*);
/// Returns the node of that system; null if there is none.
std::shared_ptr<actors::node_state> find(const caf::actor_system&);
} // namespace actors::nodes

} // namespace rollcall
