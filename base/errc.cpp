#include "rollcall/errc.hpp"

namespace rollcall {

namespace {

struct entry {
  std::string_view name;
  std::string_view what;
};

// No default in the switch, so that the compiler warns if a code is missing.
constexpr entry look_up(errc x) noexcept {
  switch (x) {
  case errc::none:
    return {"none", "no error: go on"};
  case errc::already_tracked:
    return {"already_tracked",
            "this actor is in that topic under that key already: use update to change its meta"};
  case errc::nopresence:
    return {"nopresence", "there is no such presence to update: track it first"};
  case errc::not_local:
    return {"not_local", "the actor lives on another node: track it on the node where it runs"};
  case errc::not_owner:
    return {"not_owner",
            "the presence belongs to another life of the shard: change it on the replica that "
            "tracks it"};
  case errc::updater_failed:
    return {"updater_failed",
            "the update function threw and nothing was changed: make it return a meta"};
  case errc::bad_topic:
    return {"bad_topic", "a topic is a byte string of 1 to 1024 bytes: give one of that length"};
  case errc::bad_key:
    return {"bad_key", "a key is a byte string of 1 to 1024 bytes: give one of that length"};
  case errc::bad_meta:
    return {"bad_meta",
            "a meta is a map at most 32 deep, without NaN and without integers that are no "
            "int64: remove what it cannot hold"};
  case errc::too_large:
    return {"too_large",
            "the meta is larger than 64 KiB encoded: keep the bulk elsewhere and put a "
            "reference into the meta"};
  case errc::limit_reached:
    return {"limit_reached", "a table is full: raise the limit in the options or track less"};
  case errc::bad_option:
    return {"bad_option", "an option does not fit: the message says which one and how to set it"};
  case errc::ignored:
    return {"ignored", "the handler's init said ignore and nothing was started: go on without this "
                       "tracker"};
  case errc::init_failed:
    return {"init_failed",
            "the handler's init said stop or threw: see its own error and start again"};
  case errc::would_deadlock:
    return {"would_deadlock",
            "a blocking call from inside a handler would wait for itself: send an "
            "asynchronous request instead"};
  case errc::shutting_down:
    return {"shutting_down", "the tracker is stopping or has stopped: start a new one"};
  case errc::too_many_restarts:
    return {"too_many_restarts",
            "a shard died too often and the tracker has failed: see the log for what ended "
            "the shard, then start it again"};
  case errc::tracker_exists:
    return {"tracker_exists",
            "a tracker of that name runs in this actor system already: use it or choose "
            "another name"};
  case errc::no_such_tracker:
    return {"no_such_tracker",
            "no tracker of that name runs in this actor system: start it first or correct the "
            "name"};
  case errc::timed_out:
    return {"timed_out",
            "no answer came in time, and the operation may still take place: look before you "
            "try again"};
  case errc::name_in_use:
    return {"name_in_use", "another living node has this name: start this one under another"};
  case errc::name_conflict:
    return {"name_conflict", "two nodes keep taking this name from each other: rename one"};
  case errc::cluster_mismatch:
    return {"cluster_mismatch",
            "the peer belongs to a cluster of another name: give both the same cluster name "
            "or correct the seed"};
  case errc::version_mismatch:
    return {"version_mismatch",
            "the peer speaks a protocol that is too new or too old: bring both nodes to "
            "neighbouring releases"};
  case errc::pool_mismatch:
    return {"pool_mismatch",
            "the peer runs this tracker with another pool size: give it the same pool_size on "
            "all nodes"};
  case errc::not_loopback:
    return {"not_loopback",
            "plain TCP is for loopback only: set certificate, key and CA for TLS, or allow "
            "insecure"};
  case errc::cannot_listen:
    return {"cannot_listen",
            "the address is in use or not one of this host: choose another address or port"};
  case errc::unreachable:
    return {"unreachable",
            "nobody answers at that address and it is tried again: check the address and that "
            "the node runs"};
  case errc::bad_address:
    return {"bad_address", "this is no address: write HOST:PORT, such as 127.0.0.1:4711"};
  case errc::bad_tls:
    return {"bad_tls",
            "certificate, key or CA is missing, unreadable or does not match: check the three "
            "files"};
  case errc::bad_frame:
    return {"bad_frame",
            "these bytes are no frame of ours and were refused: check who sends to this port"};
  case errc::unknown_version:
    return {"unknown_version",
            "the frame is of a version that this release cannot read and was refused: update "
            "this node"};
  case errc::draining:
    return {"draining", "the node is going and takes no new tracks: track on another node"};
  case errc::bad_lease:
    return {"bad_lease",
            "a lease must be longer than 0 and no longer than its limit: the message names the "
            "limit"};
  case errc::no_such_lease:
    return {"no_such_lease",
            "the lease has ended or was never given by this node: track the presence anew"};
  case errc::cannot_travel:
    return {"cannot_travel",
            "the message holds a type that cannot be sent to other nodes: register the type and "
            "give it an inspect, or use dispatch_local"};
  case errc::null_actor:
    return {"null_actor", "the handle is empty: pass the handle of an actor"};
  case errc::other_system:
    return {"other_system",
            "the actor or node belongs to another actor system of this process: use the tracker "
            "and the node of its own system"};
  case errc::cluster_exists:
    return {"cluster_exists",
            "a node runs in this actor system already: use it, or stop it before another start"};
  case errc::endpoint_failed:
    return {"endpoint_failed",
            "the endpoint of this node ended and could not be brought back: see the text for why, "
            "then start the node again"};
  }
  return {"unknown", "an error code that this release does not know: update it"};
}

} // namespace

std::string to_string(errc x) { return std::string{look_up(x).name}; }

std::string_view describe(errc x) noexcept { return look_up(x).what; }

} // namespace rollcall
