// The error codes: what went wrong, and what to do about it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace rollcall {

/// The codes of rollcall's error category. `to_string` returns the name of the
/// enumerator, `describe` says what to do. docs/errors.md has the same table.
enum class errc : std::uint8_t {
  none = 0,
  // -- tracking
  already_tracked, ///< this actor is in that topic under that key already: use update
  nopresence,      ///< nothing to update: track it first
  not_local,       ///< the actor lives on another node: track it there
  not_owner,       ///< the presence belongs to another life: its own replica must change it
  updater_failed,  ///< the update function threw: nothing was changed
  bad_topic,       ///< a topic is a byte string of 1 to limits::max_topic_bytes bytes
  bad_key,         ///< a key is a byte string of 1 to limits::max_key_bytes bytes
  bad_meta,        ///< a meta is a map without NaN, at most limits::max_meta_depth deep
  too_large,       ///< the meta or the message is larger than its limit
  limit_reached,   ///< a table is full: the message names the limit
  // -- starting and stopping
  bad_option,        ///< an option breaks a rule: the message says which and why
  ignored,           ///< the handler's init returned ignore: nothing was started
  init_failed,       ///< the handler's init returned stop, or threw
  would_deadlock,    ///< a blocking call from inside a handler: use an asynchronous one
  shutting_down,     ///< the tracker is stopping or has stopped
  too_many_restarts, ///< a shard died too often: the tracker has failed
  tracker_exists,    ///< a tracker of that name runs in this actor system already
  no_such_tracker,   ///< no tracker of that name runs in this actor system
  timed_out,         ///< no answer in time: the operation may still take place
  // -- cluster
  name_in_use,      ///< another living node has this name: choose another
  name_conflict,    ///< two nodes keep taking this name from each other: rename one
  cluster_mismatch, ///< the peer belongs to a cluster of another name
  version_mismatch, ///< the peer speaks a protocol that is too new or too old
  pool_mismatch,    ///< the peer runs this tracker with another pool size
  not_loopback,     ///< plain TCP is for loopback only: set TLS, or allow insecure
  cannot_listen,    ///< the address is in use or not ours
  unreachable,      ///< nobody answers at that address: it is tried again
  bad_address,      ///< an address is HOST:PORT
  bad_tls,          ///< certificate, key or CA is missing, unreadable or does not match
  // -- bytes
  bad_frame,       ///< bytes that are not one of our frames: refused
  unknown_version, ///< a frame of a version that this program cannot read: refused
  // -- drains and leases
  draining,      ///< the node is about to stop and takes no new tracks: use another node
  bad_lease,     ///< the time of a lease is not within its bounds
  no_such_lease, ///< the lease has ended, or belongs to another node: track it again
  cannot_travel, ///< the message cannot be sent to other nodes
  // -- handles
  null_actor,      ///< the handle is empty: pass the handle of a living actor
  other_system,    ///< an actor or a node of another actor system of this process
  cluster_exists,  ///< a node runs in this actor system already: stop it first
  endpoint_failed, ///< the endpoint ended by itself too often: the node has no network
};

std::string to_string(errc);

/// Returns one sentence: what the code means and what to do.
std::string_view describe(errc) noexcept;

} // namespace rollcall
