// This node in its cluster: one endpoint for each actor system, shared by all trackers
// of the system.
//
//     auto node = rollcall::start_cluster(system, {.node_name = "a", .seeds = {"127.0.0.1:4001"}});
//     if (!node) return fail(rollcall::render(node.error()));
//     auto t = rollcall::start_tracker(system, handler, options, *node);
//
// From any one seed a node finds all others. Seeds that do not answer, or that refuse
// us, are tried again for ever; that is reported as an event and is no error. A seed may
// be a host name: each of its addresses is tried, and the name is looked up again at
// least every 30 s. Nodes are known by name; each node of a cluster has its own.
//
// Plain TCP is accepted on loopback only. Beyond it, use TLS (set in the config before
// the actor system starts, see config.hpp), or set `insecure_plain_tcp` in networks where
// every host that can connect is trusted.
//
// The endpoint is an actor. If it ends before `stop` (it is killed, or has a bug), it is
// restarted on the same port, and a `warning` reports it. After more than three restarts
// in a minute, or if the port is taken, the node ends with a `fatal` event
// (endpoint_failed).
//
// Thread-safety: any thread. The value is small and may be copied; it keeps nothing alive
// and may outlive the actor system. All functions block until the endpoint answers, at
// most 5 s; inside a handler they return would_deadlock. After `stop`, and after the end
// of the actor system, they return shutting_down.
#pragma once

#include "rollcall/cluster_state.hpp"
#include "rollcall/error.hpp"
#include "rollcall/subscription.hpp"

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace rollcall {

/// The actors of this node that other nodes may send messages to.
enum class remote_actors : std::uint8_t {
  none,       ///< only rollcall's endpoint
  handed_out, ///< also actors whose handle was published, sent or resolved
  all,        ///< all that CAF itself allows: its servers, exit messages, third nodes
};

/// Limits of what other nodes may use of this one.
struct link_limits {
  std::size_t max_unfinished = 128; ///< incoming connections that are not links yet
  std::size_t max_connections_per_node = 8;
  std::size_t max_connections_per_certificate = 64;
  /// Size of one message; a larger one ends the link. Requires: at least 1 MiB, and at
  /// least twice the `max_frame_bytes` of every tracker.
  std::size_t max_message_bytes = 4 * 1024 * 1024;
  std::size_t max_write_queue = 32 * 1024 * 1024; ///< bytes that wait for one peer to read them
  std::size_t max_remote_actors = 65'536;         ///< actors of one link that have sent to us
};

struct cluster_options {
  std::string node_name{}; ///< unique in the cluster; a restart keeps it
  std::string cluster_name = "rollcall";
  std::string listen = "127.0.0.1:0"; ///< HOST:PORT; port 0: any
  std::string advertise{};            ///< the address that others dial; empty: `listen`
  std::vector<std::string> seeds{};   ///< HOST:PORT of any other nodes
  bool tls = false;                   ///< use the certificates that config.hpp was given
  bool insecure_plain_tcp = false;    ///< allow plain TCP beyond loopback
  remote_actors reachable = remote_actors::handed_out;
  link_limits limits{};
  /// If another node has our name: try again until it is free, instead of ending
  /// (cluster_event_kind::fatal).
  bool wait_for_name = false;
};

namespace actors {
struct access;
struct node_state;
} // namespace actors

enum class block_direction : std::uint8_t { in, out, both };

class cluster_node {
public:
  cluster_node() = default; ///< no cluster: trackers run as a single node
  explicit operator bool() const noexcept { return state_ != nullptr; }

  const std::string& name() const noexcept;   ///< "local" without a cluster
  const std::string& listen() const noexcept; ///< HOST:PORT, the real port
  const std::string& advertise() const noexcept;

  /// Returns all known peers, by name, then address. Errors after a `fatal` event: its
  /// code and text (name_in_use, endpoint_failed).
  [[nodiscard]] expected<std::vector<cluster_peer>> peers() const;
  [[nodiscard]] expected<cluster_stats> stats() const;

  /// For tests: drops the frames of that peer; its link stays up.
  [[nodiscard]] expected<void> block(const std::string& peer,
                                     block_direction = block_direction::both) const;
  [[nodiscard]] expected<void> unblock(const std::string& peer) const;

  /// Calls back for every event from now on, beginning with a peer_up for each link that
  /// is up. Runs in the threads of subscription callbacks (subscription.hpp).
  [[nodiscard]] expected<subscription>
  observe(std::function<void(const cluster_event&)> callback) const;

  /// Reads certificate, key, CA and CRL again. Existing links stay up, new ones use the
  /// new files, and links of certificates that the CRL revokes are cut. Errors: bad_tls
  /// if the new files cannot be used (the old ones stay in use), bad_option without TLS.
  [[nodiscard]] expected<void> reload_tls() const;

  /// Says bye to the peers, closes the port, stops dialing. After it has succeeded, no
  /// callback of an observer runs or begins (called inside a callback: none begins after
  /// that one). Idempotent. Stop the trackers first. The actor system cannot end before
  /// the node has been stopped.
  [[nodiscard]] expected<void> stop() const;

private:
  friend struct actors::access;
  explicit cluster_node(std::shared_ptr<actors::node_state> x) : state_(std::move(x)) {}

  std::shared_ptr<actors::node_state> state_;
};

/// Starts to listen, and returns without waiting for any seed. Requires an actor system
/// whose config was prepared by `load` or `config` (config.hpp). Errors: bad_option,
/// bad_address, not_loopback, cannot_listen, bad_tls, cluster_exists (an actor system has
/// one node at a time), would_deadlock.
[[nodiscard]] expected<cluster_node> start_cluster(caf::actor_system&, cluster_options);

} // namespace rollcall
