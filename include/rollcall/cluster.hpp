// This node in its cluster: one endpoint for each actor system, that all
// trackers of the system share.
//
//     auto node = rollcall::start_cluster(system, {.node_name = "a", .seeds = {"127.0.0.1:4001"}});
//     if (!node) return fail(rollcall::render(node.error()));
//     auto t = rollcall::start_tracker(system, handler, options, *node);
//
// From any one seed a node finds all others; seeds that do not answer, or that
// refuse us, are tried again for ever, and that is an event and no error. A seed
// is a name: each address that it stands for is tried, and it is looked up again
// at least every 30 s. Nodes are known by name: each of a cluster has another one.
//
// Plain TCP serves loopback only. Beyond it: TLS (set in the config before the
// actor system starts, see config.hpp), or `insecure_plain_tcp`, for networks
// in which everybody who can connect is trusted.
//
// The endpoint is an actor. Should it end before `stop` (somebody kills it, a
// bug), it is brought back on the same port, and a `warning` says so; after three
// times in a minute, or if the port is gone, a `fatal` with endpoint_failed.
//
// Threads: a small value; use it from any thread, and copy it freely; it keeps
// nothing alive and may outlive the actor system. All functions block until the
// endpoint answers, at most for 5 s; inside a handler they answer would_deadlock.
// After `stop` and after the end of the actor system they answer shutting_down.
#pragma once

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

/// Which actors of this node other nodes may send messages to.
enum class remote_actors : std::uint8_t {
  none,       ///< none but rollcall's endpoint
  handed_out, ///< those whose handle has been given away: published, sent, resolved
  all,        ///< what CAF itself allows: its servers, exit messages, third nodes
};

/// What other nodes may use up of this one.
struct link_limits {
  std::size_t max_unfinished = 128; ///< connections to us that are no link yet
  std::size_t max_connections_per_node = 8;
  std::size_t max_connections_per_certificate = 64;
  /// Of one message; more ends the link. At least twice a tracker's
  /// `max_frame_bytes`, and 1 MiB.
  std::size_t max_message_bytes = 4 * 1024 * 1024;
  std::size_t max_write_queue = 32 * 1024 * 1024; ///< bytes that a peer has not read
  std::size_t max_remote_actors = 65'536;         ///< of one link, that have sent to us
};

struct cluster_options {
  std::string node_name{}; ///< unique in the cluster; a restart keeps it
  std::string cluster_name = "rollcall";
  std::string listen = "127.0.0.1:0"; ///< HOST:PORT; port 0: any
  std::string advertise{};            ///< what others dial; empty: where we listen
  std::vector<std::string> seeds{};   ///< HOST:PORT of any other nodes
  bool tls = false;                   ///< what config.hpp was given certificates for
  bool insecure_plain_tcp = false;    ///< allow plain TCP beyond loopback
  remote_actors reachable = remote_actors::handed_out;
  link_limits limits{};
  /// If another node has our name: go on trying until it is free, instead of
  /// ending (cluster_event_kind::fatal).
  bool wait_for_name = false;
};

struct cluster_peer {
  std::string name;    ///< empty: a seed that has not answered yet
  std::string address; ///< HOST:PORT
  std::string state;   ///< "up", "dialing", "handshaking", "looking_up", "waiting"
  std::string reason;  ///< why it is not up, as far as known
  std::string warning; ///< what should be mended, also of a peer that is up
};

enum class cluster_event_kind : std::uint8_t {
  peer_up,   ///< `node`
  peer_down, ///< `node`, `text`: why
  refused,   ///< `address`, `code`, `text`; it is tried again
  warning,   ///< `text`
  resolved,  ///< `address`: a seed's name; `text`: the addresses that it stands for now
  name_lost, ///< `node`: our own name, which another node has; `text`
  fatal,     ///< `code`, `text`: this node is no part of the cluster any more
             ///< (name_in_use, endpoint_failed)
};

struct cluster_event {
  cluster_event_kind kind = cluster_event_kind::warning;
  std::string node;
  std::string address;
  errc code = errc::none;
  std::string text;
};

std::string to_string(cluster_event_kind);

/// Counters of the endpoint since it started.
struct cluster_stats {
  std::uint64_t links_up = 0; ///< now
  std::uint64_t dials = 0;
  std::uint64_t dials_failed = 0;
  std::uint64_t handshakes_refused = 0;
  std::uint64_t frames_in = 0;
  std::uint64_t frames_out = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t dropped = 0; ///< frames: no link, no shard, blocked, unknown
};

enum class block_direction : std::uint8_t { in, out, both };

class cluster_node {
public:
  cluster_node() = default; ///< no cluster: trackers run as a single node
  explicit operator bool() const noexcept { return impl_ != nullptr; }

  const std::string& name() const noexcept;   ///< "local" without a cluster
  const std::string& listen() const noexcept; ///< HOST:PORT, the real port
  const std::string& advertise() const noexcept;

  /// After a `fatal`: its code and text (name_in_use, endpoint_failed).
  expected<std::vector<cluster_peer>> peers() const;
  expected<cluster_stats> stats() const;

  /// For tests: frames of that peer are dropped, its link stays.
  expected<void> block(const std::string& peer, block_direction = block_direction::both) const;
  expected<void> unblock(const std::string& peer) const;

  /// `callback` hears of all that happens from now on, and at once of what is
  /// up; runs as the callbacks of subscriptions do (subscription.hpp).
  expected<subscription> observe(std::function<void(const cluster_event&)> callback) const;

  /// Reads certificate, key, CA and CRL again. Links stand; new ones use the new
  /// files; links of certificates that the CRL names are cut. bad_tls, and the old
  /// files stay in use, if the new ones cannot do. bad_option without TLS.
  expected<void> reload_tls() const;

  /// Leaves its peers, closes the port, stops dialing. When it has succeeded, no
  /// callback of an observer runs or begins (called from inside one: none begins
  /// after it). Idempotent. Stop the trackers first. The actor system can not end
  /// before this.
  expected<void> stop() const;

  struct impl;
  explicit cluster_node(std::shared_ptr<impl> x) : impl_(std::move(x)) {}
  const std::shared_ptr<impl>& get() const noexcept { return impl_; }

private:
  std::shared_ptr<impl> impl_;
};

/// Listens, and answers as soon as it does, whether or not any seed is there.
/// bad_option, bad_address, not_loopback, cannot_listen, bad_tls, cluster_exists (an
/// actor system has one node at a time). The system must come from a config that
/// `load` or `config` prepared (config.hpp).
expected<cluster_node> start_cluster(caf::actor_system&, cluster_options);

} // namespace rollcall
