// The messages of a shard, and of a tracker as an actor. One struct per operation; the
// functions of `tracker` offer the same operations.
//
//     self->request(tracker.shard_for("lobby"), 5s,
//                   rollcall::track_msg{self->address(), "lobby", "ada", {{"status", "here"}}})
//       .then([](rollcall::track_reply& r) { ... },
//             [](caf::error& e) { if (rollcall::code_of(e) == rollcall::errc::already_tracked) ...
//             });
//
// A shard answers for its own topics: `tracker.shard_for(topic)` picks it. The tracker
// actor (`tracker.as_actor()`) forwards each message to its shard, or to all of them.
//
// Order within one operation: the state is published to readers, then `handle_diff`
// runs, then subscribers are told, then the reply is sent. So every thread sees what was
// acknowledged.
//
// Errors are those of errc.hpp, as `caf::error` (error.hpp).
// `update_with_msg`, `subscribe_msg`, `state_msg`, `diff_msg`, `event_msg` and `why_reply`
// cannot leave the process.
#pragma once

#include "rollcall/detail/type_ids.hpp"
#include "rollcall/error.hpp"
#include "rollcall/lease.hpp"
#include "rollcall/presence.hpp"
#include "rollcall/stats.hpp"
#include "rollcall/story.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

namespace rollcall {

// -- operations ----------------------------------------------------------------
// `who` is an address, since a message must not keep an actor alive. An actor that has
// ended already is tracked and leaves at once.

/// -> track_reply. Errors: already_tracked, not_local, bad_topic, bad_key, bad_meta,
/// too_large, limit_reached.
struct track_msg {
  caf::actor_addr who;
  std::string topic;
  std::string key;
  rollcall::meta meta;
};
struct track_reply {
  rollcall::ref ref;
};

/// Tracks many keys of one topic with the same meta -> track_many_reply. Stops at the
/// first key that fails: `count` is the number of tracked keys, `code` the error.
struct track_many_msg {
  caf::actor_addr who;
  std::string topic;
  std::vector<std::string> keys;
  rollcall::meta meta;
};
struct track_many_reply {
  std::uint64_t count = 0;
  errc code = errc::none;
};

/// -> update_reply. An equal meta is an update, too. Errors: nopresence, and as track_msg.
struct update_msg {
  caf::actor_addr who;
  std::string topic;
  std::string key;
  rollcall::meta meta;
};
struct update_reply {
  rollcall::ref ref;
  rollcall::ref prev_ref;
};

/// Computes the new meta from the old one. Runs in the shard, so it must not block. If it
/// throws, nothing changes: updater_failed. Cannot leave the process.
using updater = std::function<meta(meta_view old)>;
struct update_with_msg {
  caf::actor_addr who;
  std::string topic;
  std::string key;
  updater next;
};

/// -> unit. Idempotent: succeeds even if there is no such presence.
struct untrack_msg {
  caf::actor_addr who;
  std::string topic;
  std::string key;
};

/// Untracks all presences of the actor in this shard -> unit.
struct untrack_actor_msg {
  caf::actor_addr who;
};

/// The same by number, as presences show it. Errors: not_local if the pid belongs to
/// another node, not_owner if it belongs to an earlier life of this shard.
struct update_pid_msg {
  pid who;
  std::string topic;
  std::string key;
  rollcall::meta meta;
};
struct untrack_pid_msg {
  pid who;
  std::string topic;
  std::string key;
};

// -- leases ----------------------------------------------------------------------
// Presences without an actor (lease.hpp). They belong to this node; `lease::shard` names
// the shard.

/// -> lease_reply. Errors: bad_lease, and as track_msg except already_tracked: each lease
/// has an identity of its own.
struct track_lease_msg {
  std::string topic;
  std::string key;
  rollcall::meta meta;
  std::uint64_t ttl_ms = 0;
};
struct lease_reply {
  rollcall::lease lease;
  rollcall::ref ref;
};

/// Renews each lease for its ttl from now -> renew_reply. Leases that have ended are no
/// error. Errors: bad_lease.
struct renew_msg {
  std::vector<lease> leases;
  std::uint64_t ttl_ms = 0; ///< the new ttl of these leases; 0: unchanged
};
struct renew_reply {
  std::uint64_t renewed = 0;
  std::vector<lease> missing; ///< those that have ended or do not exist
};

/// -> update_reply. Does not renew the lease. Errors: no_such_lease, bad_meta, too_large.
struct update_lease_msg {
  rollcall::lease lease;
  rollcall::meta meta;
};
/// -> unit. Idempotent: succeeds even if the lease has ended.
struct untrack_lease_msg {
  rollcall::lease lease;
};
/// -> presences_reply with the one presence. Errors: no_such_lease.
struct find_lease_msg {
  rollcall::lease lease;
};

// -- queries -------------------------------------------------------------------
// Answered in the order of the mailbox. The reads of `tracker` do not use the mailbox.

struct list_msg {
  std::string topic;
};
struct get_by_key_msg {
  std::string topic;
  std::string key;
};
/// Includes presences of replicas that are down.
struct dirty_list_msg {
  std::string topic;
};
/// In order of key, then ref.
struct presences_reply {
  std::vector<presence> presences;
};

struct count_msg {
  std::string topic;
};
struct count_reply {
  std::uint64_t count = 0;
  std::uint64_t keys = 0; ///< number of different keys
};

struct topics_msg {
  std::uint8_t unused = 0;
};
struct topics_reply {
  std::vector<std::pair<std::string, std::uint64_t>> topics; ///< in order of name
};

struct replicas_msg {
  std::uint8_t unused = 0;
};
struct replicas_reply {
  std::vector<replica_state> replicas; ///< by shard: itself first, then by name
};

struct stats_msg {
  std::uint8_t unused = 0;
};
struct stats_reply {
  tracker_stats stats;
};

/// Asks for the handles of tracked actors, of this node or others -> resolve_reply. At
/// most 4096 at a time. Errors: limit_reached.
struct resolve_msg {
  std::vector<pid> who;
};
/// `none` with a handle; `nopresence` if it is not tracked (any more) or is a lease;
/// `unreachable` if there is no link to its node, or it was lost meanwhile.
struct resolved_actor {
  caf::strong_actor_ptr handle;
  errc code = errc::none;
};
struct resolve_reply {
  std::vector<resolved_actor> actors; ///< in the order of `who`
};

/// Asks for the changes of that key that readers saw, as far as the journal of the shard
/// reaches back -> why_reply.
struct why_msg {
  std::string topic;
  std::string key;
};
struct why_reply {
  std::vector<story_entry> story; ///< oldest first; empty: nothing is known
};

// -- messages to a topic -----------------------------------------------------------

/// Sends `content` once to every actor that is tracked in the topic, on every node,
/// however many keys the actor has there -> dispatch_reply. Leases get nothing. One
/// message goes over the network to each node with an actor in the topic. Messages of one
/// sender arrive in order. Errors: bad_topic; cannot_travel (also for actor handles inside
/// `content`) and too_large (limits::max_dispatch_bytes), both checked even if no actor of
/// another node is in the topic.
struct dispatch_msg {
  std::string topic;
  caf::message content;
  bool local = false; ///< to actors of this node only; then any content is allowed
};
/// The receivers, as far as this node knows who is present. Nodes whose link is lost, or
/// that are too far behind (limits::max_dispatch_backlog), are not counted.
struct dispatch_reply {
  std::uint64_t nodes = 0;
  std::uint64_t actors = 0;
};

// -- subscriptions ---------------------------------------------------------------

enum class selection : std::uint8_t { topic, prefix, all };

/// -> subscribe_reply, then to `who`: for each shard a `state_msg`, then
/// `diff_msg` for each change, without gap or overlap. Between shards there is
/// no order. A subscriber's reply to these (CAF sends it when the handler returns)
/// returns credit: a subscriber that is limits::subscriber_credit diffs behind gets the
/// state again instead. A subscription does not keep its actor alive, and ends with it.
/// Errors: limit_reached; bad_topic for an empty topic.
struct subscribe_msg {
  caf::strong_actor_ptr who;
  selection what = selection::all;
  std::string text;            ///< the topic, or the prefix
  std::uint64_t id = 0;        ///< 0: the receiver chooses one
  bool first_and_last = false; ///< set join::first and leave::last
};
struct subscribe_reply {
  std::uint64_t id = 0;
};
/// -> unit. Idempotent: succeeds even if there is no such subscription.
struct unsubscribe_msg {
  std::uint64_t id = 0;
};

/// The present state. It replaces all earlier messages of this subscription and shard.
struct state_msg {
  std::uint64_t id = 0;
  std::uint32_t shard = 0;
  std::vector<presence> presences; ///< by topic, then key, then ref
};

/// A change. Shared by all subscribers, so it must not be modified.
struct diff_msg {
  std::uint64_t id = 0;
  std::uint32_t shard = 0;
  std::shared_ptr<const diff> changes; ///< the topics of this subscription only
};

/// -> unit; then an `event_msg` to `who` for each tracker_event.
struct observe_msg {
  caf::strong_actor_ptr who;
};
struct event_msg {
  tracker_event event;
};

// -- the rest --------------------------------------------------------------------

/// Passed to handle_info of the handler, like every message outside this interface.
struct info_msg {
  caf::message content;
};

/// Announces that this node is going to stop -> unit, once announced. See tracker::drain.
/// Errors: bad_lease if 0, or more than permdown_period.
struct drain_msg {
  std::uint64_t lease_ms = 0;
};
/// Says bye and stops the shard -> unit, when done.
struct permdown_msg {
  std::uint8_t unused = 0;
};
/// Stops the shard in order -> unit, when done. Says bye if permdown_on_shutdown is set.
struct stop_msg {
  std::uint8_t unused = 0;
};

/// A shard, and a tracker as an actor.
using shard_actor = compat::typed_actor<
    caf::result<track_reply>(track_msg), caf::result<track_many_reply>(track_many_msg),
    caf::result<update_reply>(update_msg), caf::result<update_reply>(update_with_msg),
    caf::result<update_reply>(update_pid_msg), caf::result<void>(untrack_msg),
    caf::result<void>(untrack_pid_msg), caf::result<void>(untrack_actor_msg),
    caf::result<presences_reply>(list_msg), caf::result<presences_reply>(get_by_key_msg),
    caf::result<presences_reply>(dirty_list_msg), caf::result<count_reply>(count_msg),
    caf::result<topics_reply>(topics_msg), caf::result<replicas_reply>(replicas_msg),
    caf::result<stats_reply>(stats_msg), caf::result<resolve_reply>(resolve_msg),
    caf::result<subscribe_reply>(subscribe_msg), caf::result<void>(unsubscribe_msg),
    caf::result<void>(observe_msg), caf::result<void>(info_msg), caf::result<void>(drain_msg),
    caf::result<void>(permdown_msg), caf::result<void>(stop_msg),
    caf::result<lease_reply>(track_lease_msg), caf::result<renew_reply>(renew_msg),
    caf::result<update_reply>(update_lease_msg), caf::result<void>(untrack_lease_msg),
    caf::result<presences_reply>(find_lease_msg), caf::result<dispatch_reply>(dispatch_msg),
    caf::result<why_reply>(why_msg)>;

} // namespace rollcall

#include "rollcall/detail/message_inspect.hpp"
