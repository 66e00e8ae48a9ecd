// Starts the endpoint of a node: listening, loopback rule, addresses.
//
//     auto x = start_endpoint(system, {.cluster = "c", .node = "a", .inc = …});
//     if (x.problem) …;           // x.problem.message says what to do
//     … x.endpoint, x.listen …
//     request(x.endpoint, stop_endpoint{});  // the actor system cannot end before this
//
// start_cluster (include/rollcall/cluster.hpp) is built on this. Requires an actor system
// whose config was prepared by rollcall::load (config.hpp).
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
  millis second_dialer{1000};     ///< extra wait of the node with the larger name
  millis connect_timeout{2000};   ///< for the TCP connection
  millis greeting_timeout{5000};  ///< for TLS, greeting and CAF's handshake, after it
  millis handshake_timeout{4000}; ///< for the answer to a hello
  millis probe_timeout{2000};     ///< for the holder of a name that another life claims
  millis ping_interval{1500};     ///< more than three go into `silence`
  millis silence{5000};           ///< a link is down if nothing was received for this time
  millis tick_period{100};
  mesh::dial_slots slots = mesh::options{}.slots; ///< dials at a time, by class
  std::size_t max_peers = 4096;
  link_limits limits;
};

struct endpoint_config {
  std::string cluster = "rollcall";
  std::string node;
  incarnation inc;                    ///< of this life of the node
  std::string listen = "127.0.0.1:0"; ///< HOST:PORT; port 0: any
  std::string advertise;              ///< the address that others dial; empty: `listen`
  std::vector<std::string> seeds;     ///< HOST:PORT
  tls_options tls;                    ///< none: plain TCP
  bool insecure = false;              ///< plain TCP beyond loopback
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

/// Starts to listen, and returns without waiting for any seed. Blocks while the port is
/// opened; must not be called inside an actor.
started_endpoint start_endpoint(caf::actor_system&, const endpoint_config&);

} // namespace rollcall::cluster
