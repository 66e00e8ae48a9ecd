// The messages between the endpoint of a node and its shards.
//
// None of them can leave the process: CAF refuses to write them to, or read them from, the
// network, so no peer can control an endpoint by them. Nodes exchange only a `std::string`
// with our own versioned bytes (cluster/wire/packet.hpp). CAF itself registers that type,
// so nodes may number their message types differently.
//
//     send(endpoint, attach_shard{"lobby", 0, 1, periods…, shard});
//     // shard gets link_changed{node, true} for each link that is up, then
//     // link_changed as links come and go, and frame_received.
//
// Type ids: see include/rollcall/detail/type_ids.hpp.
#pragma once

#include "cluster/caf/compat.hpp"
#include "rollcall/cluster_state.hpp"
#include "rollcall/error.hpp"
#include "rollcall/presence.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace rollcall::cluster {

// -- shard -> endpoint ---------------------------------------------------------

/// Attaches a shard: it gets the frames for this shard of this tracker. Attaching again
/// replaces the shard before. The endpoint monitors the shard and detaches it when it ends.
/// Peers get the pool size and the periods; they refuse a link if their pool size differs,
/// and warn if their periods differ.
struct attach_shard {
  std::string tracker;
  std::uint32_t shard = 0;
  std::uint32_t pool_size = 1;
  std::uint64_t broadcast_ms = 0;
  std::uint64_t down_ms = 0;
  std::uint64_t permdown_ms = 0;
  caf::actor handle;
};

struct detach_shard {
  std::string tracker;
  std::uint32_t shard = 0;
};

/// A frame for the same shard on the nodes `to`. It is dropped for nodes without a link;
/// the protocol repairs lost frames.
struct send_frame {
  std::vector<std::string> to;
  std::string tracker;
  std::uint32_t shard = 0;
  std::shared_ptr<const std::string> bytes;
};

// -- endpoint -> shard ---------------------------------------------------------

struct frame_received {
  std::string from; ///< the node at the other end of the link
  std::string bytes;
};

/// A link came up or was lost. When a link is lost, messages in flight are lost, too.
struct link_changed {
  std::string node;
  bool up = false;
};

// -- handles of remote actors -----------------------------------------------------

/// Limit of a resolve_remote.
inline constexpr std::size_t max_resolved = 4096;

struct actor_number {
  std::uint64_t actor = 0;
  incarnation life; ///< of the shard that tracks the actor
};

/// Requests the handles of at most `max_resolved` actors of that node -> resolved. Errors:
/// unreachable if there is no link, or when the link is lost.
struct resolve_remote {
  std::string tracker;
  std::string node;
  std::vector<actor_number> who;
};

/// Endpoint -> shard: returns the handles of the actors that this life of the shard
/// tracks; null for others.
struct find_actors {
  std::vector<actor_number> who;
};

struct resolved {
  std::vector<caf::strong_actor_ptr> handles; ///< in the order of `who`
};

// -- messages to a topic -------------------------------------------------------------

/// Shard -> endpoint: sends these bytes to the same shard on each of these nodes, which
/// gets them as `message_for_topic` -> dispatched.
struct send_dispatch {
  std::vector<std::string> nodes;
  std::string tracker;
  std::uint32_t shard = 0;
  std::string topic;
  std::string content;
  std::size_t max_backlog = 0; ///< limit of undelivered bytes to one node
};
struct dispatched {
  std::vector<bool> sent; ///< in the order of `nodes`: the link is up, and the limit not reached
};
/// Endpoint -> shard.
struct message_for_topic {
  std::string topic;
  std::string content;
};

// -- control -------------------------------------------------------------------

/// -> peer_list.
struct get_peers {
  bool known_only = false; ///< leave out seeds whose name is not known yet
};

struct peer_list {
  std::vector<cluster_peer> peers; ///< by name, then address
};

/// For tests: drops the frames of that peer in one direction or both; its link stays up.
/// With both false, frames pass again. -> unit.
struct block_peer {
  std::string name;
  bool in = false;
  bool out = false;
};

/// -> endpoint_stats.
struct get_endpoint_stats {
  std::uint8_t unused = 0;
};

struct endpoint_stats {
  cluster_stats stats;
};

/// Ends the endpoint: it says bye, closes its port and stops dialing -> unit, when done.
/// Takes less than two seconds, whatever peers do.
struct stop_endpoint {
  std::uint8_t unused = 0;
};

/// For observers.
struct endpoint_event {
  cluster_event event;
};

/// Sends `who` an endpoint_event for each event from now on; at once a peer_up for each
/// link that is up, the warnings of the start, and the fatal event if there was one.
struct observe_endpoint {
  caf::actor who;
};

// -- the endpoint with itself ----------------------------------------------------

/// The timer of the machine. Only the newest generation counts.
struct endpoint_tick {
  std::uint64_t generation = 0;
};

/// A dial, a look-up or a verification has finished; its result is stored by the dialer's
/// thread.
struct dial_result {
  std::uint64_t dial = 0;
};

/// The port is open: the endpoint begins.
struct endpoint_listens {
  std::uint16_t port = 0;
  std::string advertise;
};

template <class Inspector, class T>
requires compat::is_local_message<T>::value auto inspect(Inspector& f, T&) {
  return compat::refuse_travel(f);
}

} // namespace rollcall::cluster

ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::attach_shard)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::detach_shard)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::send_frame)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::frame_received)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::link_changed)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::get_peers)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::peer_list)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::block_peer)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::get_endpoint_stats)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::endpoint_stats)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::stop_endpoint)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::observe_endpoint)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::endpoint_event)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::endpoint_tick)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::dial_result)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::endpoint_listens)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::resolve_remote)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::find_actors)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::send_dispatch)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::dispatched)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::message_for_topic)
ROLLCALL_LOCAL_MESSAGE(rollcall::cluster::resolved)

CAF_BEGIN_TYPE_ID_BLOCK(rollcall_cluster, ROLLCALL_FIRST_TYPE_ID)

CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::attach_shard))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::detach_shard))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::send_frame))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::frame_received))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::link_changed))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::get_peers))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::peer_list))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::block_peer))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::get_endpoint_stats))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::endpoint_stats))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::stop_endpoint))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::observe_endpoint))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::endpoint_event))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::endpoint_tick))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::dial_result))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::endpoint_listens))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::resolve_remote))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::find_actors))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::resolved))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::send_dispatch))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::dispatched))
CAF_ADD_TYPE_ID(rollcall_cluster, (rollcall::cluster::message_for_topic))

CAF_END_TYPE_ID_BLOCK(rollcall_cluster)
