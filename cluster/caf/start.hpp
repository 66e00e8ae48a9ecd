// Starts the endpoint of a node: listening, loopback rule, addresses.
//
//     auto x = start_endpoint(system, {.cluster = "c", .node = "a", .inc = …});
//     if (x.problem) …;           // x.problem.message says what to do
//     … x.endpoint, x.listen …
//     request(x.endpoint, stop_endpoint{});  // the actor system cannot end before this
//
// What include/rollcall/cluster.hpp offers stands on this. The actor system has
// to have been prepared with rollcall::load (config.hpp): our message types,
// the middleman, its heartbeats, TLS.
#pragma once

#include "cluster/caf/compat.hpp"
#include "cluster/caf/tls_source.hpp"
#include "cluster/mesh/membership.hpp"
#include "cluster/wire/basp_check.hpp"
#include "rollcall/config.hpp"
#include "rollcall/options.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rollcall::cluster {

/// Times and limits of the links; the defaults fit a local network.
struct link_options {
  backoff_bounds backoff;         ///< between attempts
  millis second_dialer{1000};     ///< what the larger name waits beyond that
  millis probe_timeout{2000};     ///< for the look whether anybody listens
  millis connect_timeout{5000};   ///< for the handshakes below ours, after it
  millis handshake_timeout{4000}; ///< for the answer to a hello
  millis claim_timeout{2000};     ///< for who holds a name that another life claims
  millis ping_interval{1500};     ///< more than three go into `silence`
  millis silence{5000};           ///< a link over which nothing comes for so long is down
  millis tick_period{100};
  mesh::dial_slots slots = mesh::options{}.slots; ///< dials at a time, by class
  std::size_t max_peers = 4096;
  std::size_t max_unfinished = 128; ///< connections to us that are no link yet
  std::size_t max_connections_per_node = 8;
  std::size_t max_connections_per_certificate = 64;
  std::size_t max_message_bytes = 4 * 1024 * 1024;
  std::size_t max_write_queue = 32 * 1024 * 1024;
  std::size_t max_remote_actors = 65'536;
};

struct endpoint_config {
  std::string cluster = "rollcall";
  std::string node;
  incarnation inc;                                 ///< of this life of the node
  std::string listen = "127.0.0.1:0";              ///< HOST:PORT; port 0: any
  std::string advertise;                           ///< what others dial; empty: where we listen
  std::vector<std::string> seeds;                  ///< HOST:PORT
  tls_options tls;                                 ///< none: plain TCP
  bool insecure = false;                           ///< plain TCP beyond loopback
  basp_access reachable = basp_access::handed_out; ///< which actors peers may write to
  bool islands_merge = true;                       ///< see mesh::options
  bool wait_for_name = false;
  link_options links;
  std::uint64_t jitter_seed = 0; ///< 0: from the incarnation
};

struct started_endpoint {
  rollcall::problem problem; ///< bad_option, bad_address, not_loopback, cannot_listen, bad_tls
  caf::actor endpoint;
  std::string listen; ///< with the real port
  std::string advertise;
  std::shared_ptr<tls_source> tls; ///< null: plain TCP
};

/// Answers as soon as it listens, whether or not any seed is there. Blocks for
/// as long as opening a port takes; not from within an actor.
started_endpoint start_endpoint(caf::actor_system&, const endpoint_config&);

} // namespace rollcall::cluster
