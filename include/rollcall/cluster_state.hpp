// What a node tells about its cluster: peers, events, counters.
//
// Values only: no CAF, no IO. The membership machine and the endpoint use the same types.
#pragma once

#include "rollcall/errc.hpp"

#include <cstdint>
#include <string>
#include <string_view>

namespace rollcall {

enum class peer_state : std::uint8_t {
  up,
  dialing,
  handshaking, ///< connected, and the answer to our hello has not come yet
  looking_up,  ///< the addresses of its name are being looked up
  waiting,     ///< for the next attempt
};

/// Returns the name of the enumerator: "up".
std::string_view to_string(peer_state) noexcept;

struct cluster_peer {
  std::string name;    ///< empty: a seed that has not answered yet
  std::string address; ///< HOST:PORT
  peer_state state = peer_state::waiting;
  std::string reason;  ///< why it is not up, as far as known
  std::string warning; ///< what should be corrected, also for a peer that is up
};

enum class cluster_event_kind : std::uint8_t {
  peer_up,   ///< `node`
  peer_down, ///< `node`; `text`: why
  refused,   ///< `address`, `node` if known, `code`, `text`; it is tried again for ever
  warning,   ///< `text`
  resolved,  ///< `address`: the name of a seed; `text`: its addresses now
  name_lost, ///< `node`: our own name, which another node has; `text`
  fatal,     ///< `code`, `text`: this node is no longer part of the cluster
             ///< (name_in_use, endpoint_failed)
};

std::string to_string(cluster_event_kind);

struct cluster_event {
  cluster_event_kind kind = cluster_event_kind::warning;
  std::string node;
  std::string address;
  errc code = errc::none;
  std::string text;
};

/// Counters of the endpoint since it started.
struct cluster_stats {
  std::uint64_t links_up = 0; ///< now
  std::uint64_t dials = 0;    ///< begun
  std::uint64_t dials_failed = 0;
  std::uint64_t handshakes_refused = 0; ///< by us
  std::uint64_t frames_in = 0;          ///< delivered to a shard
  std::uint64_t frames_out = 0;
  std::uint64_t bytes_in = 0;
  std::uint64_t bytes_out = 0;
  std::uint64_t dropped_no_link = 0;  ///< outgoing frames: no link to that node
  std::uint64_t dropped_no_shard = 0; ///< incoming frames: no such shard here
  std::uint64_t dropped_blocked = 0;  ///< by cluster_node::block
  std::uint64_t dropped_unknown = 0;  ///< incoming packets that are not ours, or not of a link

  /// Returns the number of dropped frames and packets, whatever the reason.
  std::uint64_t dropped() const noexcept {
    return dropped_no_link + dropped_no_shard + dropped_blocked + dropped_unknown;
  }
};

} // namespace rollcall
