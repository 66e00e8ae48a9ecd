// What the endpoint of a node and its shards say to each other.
//
// All of these stay inside the process: CAF is made to refuse to write them to,
// or read them from, the network, so no peer can stop or steer an endpoint by
// them. Across the network goes nothing but a `std::string` of our own versioned
// bytes (cluster/wire/packet.hpp), a type that CAF itself registers: nodes that
// number their message types differently understand each other all the same.
//
//     send(endpoint, attach_shard{"lobby", 0, 1, periods…, shard});
//     // shard gets link_changed{node, true} for each link that is up, then
//     // link_changed as links come and go, and frame_received.
//
// The ids of our types start at ROLLCALL_FIRST_TYPE_ID; who stacks several
// blocks defines it for the whole program.
#pragma once

#include "cluster/caf/compat.hpp"
#include "rollcall/error.hpp"
#include "rollcall/presence.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#ifndef ROLLCALL_FIRST_TYPE_ID
#  define ROLLCALL_FIRST_TYPE_ID (caf::first_custom_type_id + 1000)
#endif

namespace rollcall::cluster {

// -- shard -> endpoint ---------------------------------------------------------

/// "Frames for this shard of this tracker go to me." The endpoint monitors the
/// shard: its death detaches it. Attaching again replaces the one before. The
/// pool size and the periods are told to peers, who refuse a link over another
/// pool size and warn of other periods.
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

/// One frame of the gossip for that shard on node `to`. Without a link it is
/// dropped: the gossip repairs what was lost. The same bytes for many nodes
/// are wrapped once if they are sent one after another.
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

/// A link came up or was lost. After a loss what was under way is gone.
struct link_changed {
  std::string node;
  bool up = false;
};

// -- handles of remote actors -----------------------------------------------------

/// So many at once.
inline constexpr std::size_t max_resolved = 4096;

struct actor_number {
  std::uint64_t actor = 0;
  incarnation life; ///< of the shard that tracks it
};

/// Request: the handles of actors of that node, at most `max_resolved`. Answered by
/// `resolved` or unreachable: at once when there is no link, or when it is lost.
struct resolve_remote {
  std::string tracker;
  std::string node;
  std::vector<actor_number> who;
};

/// Endpoint -> shard: the handles of those that this life of the shard tracks; of
/// the others null.
struct find_actors {
  std::vector<actor_number> who;
};

struct resolved {
  std::vector<caf::strong_actor_ptr> handles; ///< in the order of `who`
};

// -- messages to a topic -------------------------------------------------------------

/// Shard -> endpoint, a request: these bytes for the same shard on each of these
/// nodes, which gets them as `message_for_topic`. Answered by `dispatched`.
struct send_dispatch {
  std::vector<std::string> nodes;
  std::string tracker;
  std::uint32_t shard = 0;
  std::string topic;
  std::string content;
  std::size_t max_backlog = 0; ///< bytes on their way to one node
};
struct dispatched {
  std::vector<bool> sent; ///< in the order of `nodes`: the link is up, and has room
};
/// Endpoint -> shard.
struct message_for_topic {
  std::string topic;
  std::string content;
};

// -- control -------------------------------------------------------------------

/// Request; answered by `peer_list`.
struct get_peers {
  bool known_only = false; ///< leave out seeds whose name is not known yet
};

struct peer_info {
  std::string name;    ///< empty: a seed that has not answered yet
  std::string address; ///< HOST:PORT where it is dialed
  std::string state;   ///< "up", "dialing", "handshaking", "looking_up", "waiting"
  std::string reason;  ///< why it is not up, as far as known
  std::string warning; ///< what should be mended, also of one that is up
};

struct peer_list {
  std::vector<peer_info> peers; ///< by name, then address
};

/// For tests: drop the frames of that peer, in one direction or both; its link
/// stays. Both false: let them pass again. Answered by unit.
struct block_peer {
  std::string name;
  bool in = false;
  bool out = false;
};

/// Request; answered by `endpoint_stats`.
struct get_endpoint_stats {
  std::uint8_t unused = 0;
};

struct endpoint_stats {
  std::uint64_t links_up = 0; ///< now
  std::uint64_t dials = 0;    ///< begun
  std::uint64_t dials_failed = 0;
  std::uint64_t handshakes_refused = 0;
  std::uint64_t frames_in = 0; ///< handed to a shard
  std::uint64_t frames_out = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t dropped_no_link = 0;  ///< outgoing, no link to that node
  std::uint64_t dropped_no_shard = 0; ///< incoming, no such shard here
  std::uint64_t dropped_blocked = 0;
  std::uint64_t dropped_unknown = 0; ///< incoming: no packet of ours, or not of a link
};

/// Ends the endpoint: it leaves its peers, closes its port and stops dialing.
/// Answered by unit when that is done, well within two seconds whatever peers do.
struct stop_endpoint {
  std::uint8_t unused = 0;
};

enum class endpoint_event_kind : std::uint8_t {
  peer_up,   ///< node
  peer_down, ///< node; message says why
  refused,   ///< address, node if known, code and message: tried again for ever
  warning,   ///< message: something that an operator should know
  resolved,  ///< address: a seed's name; message: what it stands for now
  name_lost, ///< node: our own name, which another life has; message
  fatal,     ///< code and message: this node cannot be part of the cluster (name_in_use)
};

/// What observers get.
struct endpoint_event {
  endpoint_event_kind kind = endpoint_event_kind::warning;
  std::string node;
  std::string address;
  errc code = errc::none;
  std::string message;
};

/// "Send me an `endpoint_event` for all that happens from now on" and, at once,
/// a peer_up for each link that is up, and the fatal one if it has happened.
struct observe_endpoint {
  caf::actor who;
};

// -- the endpoint with itself ----------------------------------------------------

/// The clock of the endpoint: the mesh wants a tick. Only the newest counts.
struct endpoint_tick {
  std::uint64_t generation = 0;
};

/// A dial, a look-up or a verification has come to an end: what it brought lies
/// where the threads of the dialer put it.
struct dial_result {
  std::uint64_t dial = 0;
};

/// The port is open: begin.
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
