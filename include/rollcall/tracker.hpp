// Who is here: the tracker.
//
//     auto tracker = rollcall::start_tracker(system, rollcall::make_handler<lobby>(),
//                                            {.name = "lobby", .pool_size = 8});
//     if (!tracker) return fail(rollcall::render(tracker.error()));
//
//     auto ref = tracker->track(user, "room:1", "ada", {{"status", "here"}});
//     for (auto p : tracker->list("room:1"))          // any thread, no waiting
//       fmt::print("{}\n", p.key());
//     tracker->update(user, "room:1", "ada", [](rollcall::meta_view old) { ... });
//     tracker->untrack(user);
//     tracker->stop();
//
// A tracker is a named pool of shards, each an actor that owns a part of the
// topics. This value is small (copy it freely) and picks the shard itself:
// there is no routing hop. Dropping it stops nothing: `stop` does, and an actor
// system does not end before its trackers have.
//
// Tracked actors are local actors, watched and never kept alive: when one ends,
// its presences leave. Those of other nodes appear as numbers (`pid`).
//
// Threads: any thread. Reads (list, get_by_key, count, dirty_list, topics) never
// wait: not for the shard, nor it for them; what was acknowledged, or told in a
// diff, they show. The other operations block until the shard has answered, at
// most for `timeout()` (5 s), then `timed_out`: the operation may still take
// place. Inside a handler they answer `would_deadlock` at once; send messages
// there (messages.hpp). Inside an actor prefer messages too.
//
// Errors: those of errc.hpp, in caf::error. `shutting_down` from the moment that
// stop is called.
#pragma once

#include "rollcall/cluster.hpp"
#include "rollcall/error.hpp"
#include "rollcall/lease.hpp"
#include "rollcall/messages.hpp"
#include "rollcall/options.hpp"
#include "rollcall/presence_list.hpp"
#include "rollcall/stats.hpp"
#include "rollcall/subscription.hpp"
#include "rollcall/tracker_handler.hpp"
#include "rollcall/tracker_spec.hpp"

#include <cstddef>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

namespace rollcall {

namespace actors {
class pool;
} // namespace actors

/// The address of any handle, or of the actor that `self` points to.
template <class Who>
caf::actor_addr address_of(const Who& who) {
  if constexpr (std::is_same_v<Who, caf::actor_addr>)
    return who;
  else if constexpr (std::is_pointer_v<Who>)
    return who == nullptr ? caf::actor_addr{} : who->address();
  else
    return caf::actor_cast<caf::actor_addr>(who);
}

class tracker {
public:
  tracker() = default; ///< no tracker: operations answer no_such_tracker
  explicit operator bool() const noexcept { return pool_ != nullptr; }

  const std::string& name() const noexcept;
  const std::string& node_name() const noexcept;
  std::size_t pool_size() const noexcept;
  const tracker_options& options() const noexcept;
  /// False from the moment that it is being stopped, or has failed.
  bool running() const noexcept;

  // -- operations ------------------------------------------------------------
  // `Who`: any handle of a local actor, an actor_addr, or an actor's `self`.

  /// The ref of the join; already_tracked, not_local, bad_topic, bad_key,
  /// bad_meta, too_large, limit_reached; null_actor, other_system.
  template <class Who>
  expected<ref> track(const Who& who, std::string_view topic, std::string_view key,
                      const meta& data = {}) const {
    return do_track(address_of(who), topic, key, data);
  }
  /// The same meta under many keys, in one message. Stops at the first that
  /// fails, and answers that error.
  template <class Who>
  expected<std::size_t> track_many(const Who& who, std::string_view topic,
                                   std::vector<std::string> keys, const meta& data = {}) const {
    return do_track_many(address_of(who), topic, std::move(keys), data);
  }
  /// ref and prev_ref; nopresence, and as track.
  template <class Who>
  expected<update_reply> update(const Who& who, std::string_view topic, std::string_view key,
                                const meta& data) const {
    return do_update(address_of(who), topic, key, data);
  }
  /// `next` runs in the shard; if it throws, nothing changes: updater_failed.
  /// A template, so that `{}` is an empty meta and no empty function.
  template <class Who, class F>
  requires(std::is_invocable_r_v<meta, F&, meta_view> && !std::is_convertible_v<F, meta>)
      expected<update_reply> update(const Who& who, std::string_view topic, std::string_view key,
                                    F next)
  const { return do_update(address_of(who), topic, key, updater{std::move(next)}); }
  /// Of nothing: ok too.
  template <class Who>
  expected<void> untrack(const Who& who, std::string_view topic, std::string_view key) const {
    return do_untrack(address_of(who), topic, key);
  }
  /// Everywhere; answers when all shards have.
  template <class Who>
  expected<void> untrack(const Who& who) const {
    return do_untrack(address_of(who));
  }
  /// By number. not_local, not_owner.
  expected<update_reply> update(const pid& who, std::string_view topic, std::string_view key,
                                const meta& data) const;
  expected<void> untrack(const pid& who, std::string_view topic, std::string_view key) const;

  // -- leases (lease.hpp): presences without an actor ------------------------------
  /// It ends (a leave) when it is not renewed for `ttl`, up to 0.1 s late. bad_lease
  /// (100 ms to 31 days), and as track.
  expected<lease_reply> track_lease(std::string_view topic, std::string_view key, const meta& data,
                                    millis ttl) const;
  /// Lasts for its ttl, or the one given, from now. no_such_lease, bad_lease.
  expected<void> renew(const lease&, std::optional<millis> ttl = {}) const;
  /// Many, in one message to each shard. Those that have ended are no error, and
  /// are named in the answer. bad_lease.
  expected<renew_reply> renew(std::vector<lease>, std::optional<millis> ttl = {}) const;
  /// Does not renew it. no_such_lease, and as track.
  expected<update_reply> update(const lease&, const meta& data) const;
  /// Idempotent: succeeds even if the lease has ended.
  expected<void> untrack(const lease&) const;
  /// The presence as it is now; no_such_lease.
  expected<presence> find(const lease&) const;

  // -- reads: any thread, no waiting ------------------------------------------
  /// In order of key, then ref. Empty for an unknown topic, and after the end.
  presence_list list(std::string_view topic) const;
  presence_list get_by_key(std::string_view topic, std::string_view key) const;
  std::size_t count(std::string_view topic) const;
  /// How many different keys: heads, where one may have many connections. O(1).
  std::size_t count_keys(std::string_view topic) const;
  /// Those of replicas that are down, too.
  presence_list dirty_list(std::string_view topic) const;
  /// Of all shards: topic -> how many are present.
  std::map<std::string, std::size_t> topics() const;

  // -- state -------------------------------------------------------------------
  expected<std::vector<replica_state>> replicas() const;
  expected<tracker_stats> stats() const;
  /// The handle of a tracked actor; of another node's, by asking that node.
  /// nopresence when it is not tracked there (any more), unreachable.
  expected<caf::strong_actor_ptr> resolve(const pid& who) const;
  /// Many, in the order given: see resolve_msg.
  expected<std::vector<resolved_actor>> resolve(std::vector<pid> who) const;
  /// What became visible or ceased to be of that key, oldest first, as far as the
  /// journal of its shard reaches back (limits::max_journal_entries). Empty for what
  /// nothing is known of. bad_topic, bad_key.
  expected<std::vector<story_entry>> why(std::string_view topic, std::string_view key) const;

  // -- messages to a topic -------------------------------------------------------
  /// `content` to every actor in the topic, on every node, once: see dispatch_msg.
  ///     tracker.dispatch("room:1", caf::make_message(chat{"hello"}));
  expected<dispatch_reply> dispatch(std::string_view topic, caf::message content) const;
  /// The same, to those of this node only.
  expected<dispatch_reply> dispatch_local(std::string_view topic, caf::message content) const;

  // -- subscriptions -------------------------------------------------------------
  /// With callbacks. limit_reached, bad_topic.
  expected<subscription> subscribe(selector, subscription_callbacks) const;
  /// With an actor, which gets `state_msg` and `diff_msg`; the id names it.
  template <class Who>
  expected<std::uint64_t> subscribe_actor(const Who& who, selector what) const {
    return do_subscribe(caf::actor_cast<caf::strong_actor_ptr>(address_of(who)), std::move(what));
  }
  expected<void> unsubscribe(std::uint64_t id) const;
  /// Replicas coming and going, failures; first a replica_up for each that is up
  /// already. Runs as the callbacks of subscriptions do.
  expected<subscription> observe(event_callback) const;
  template <class Who>
  expected<void> observe_actor(const Who& who) const {
    return do_observe(caf::actor_cast<caf::strong_actor_ptr>(address_of(who)));
  }

  // -- the end ---------------------------------------------------------------------
  // When either has succeeded, the shards have ended and no handler and no callback
  // of a subscription or observer runs or begins. Called from inside a callback,
  // it waits for all but that one, after which none begins. `timed_out`: a shard
  // or a callback still runs; call it again. Idempotent.

  /// This node is going, as in a deploy. From now on:
  ///   - its presences stay shown on every node until the lease is over, also when
  ///     the node says bye, is killed or starts again, and also those of actors that
  ///     end meanwhile;
  ///   - a join of the same topic and key on another node, or in the next life of
  ///     this one, takes one of them over: each handler and subscriber gets the leave
  ///     (leave_reason::moved) and the join in one diff;
  ///   - what has not come back when the lease is over leaves, once;
  ///   - the node tracks nothing new: errc `draining`.
  /// Answers when it is announced to all nodes that are linked. Asked again, the
  /// earlier end counts. End the node at any time after, best with
  /// graceful_permdown. bad_lease: 0 or less, or more than permdown_period.
  ///
  ///     tracker.drain(30s);
  ///     tracker.graceful_permdown();
  expected<void> drain(millis lease) const;
  /// Says bye to all: they drop our presences at once (but for a lease: see drain). Then ends, for
  /// good.
  expected<void> graceful_permdown() const;
  /// Ends in order, for good: flush, bye if permdown_on_shutdown.
  expected<void> stop() const;

  // -- shards ------------------------------------------------------------------------
  std::size_t shard_of(std::string_view topic) const noexcept;
  /// To send messages to. A shard that died and came back is another actor: ask
  /// again. Null after the end.
  shard_actor shard(std::size_t number) const;
  shard_actor shard_for(std::string_view topic) const { return shard(shard_of(topic)); }
  /// One address that finds the shard for each message.
  shard_actor as_actor() const;

  millis timeout() const noexcept { return timeout_; }
  /// The same tracker, whose blocking operations wait that long.
  tracker with_timeout(millis) const;

  explicit tracker(std::shared_ptr<actors::pool> x) : pool_(std::move(x)) {}
  const std::shared_ptr<actors::pool>& get() const noexcept { return pool_; }

private:
  expected<ref> do_track(caf::actor_addr, std::string_view, std::string_view, const meta&) const;
  expected<std::size_t> do_track_many(caf::actor_addr, std::string_view, std::vector<std::string>,
                                      const meta&) const;
  expected<update_reply> do_update(caf::actor_addr, std::string_view, std::string_view,
                                   const meta&) const;
  expected<update_reply> do_update(caf::actor_addr, std::string_view, std::string_view,
                                   updater) const;
  expected<void> do_untrack(caf::actor_addr, std::string_view, std::string_view) const;
  expected<void> do_untrack(caf::actor_addr) const;
  expected<std::uint64_t> do_subscribe(caf::strong_actor_ptr, selector) const;
  expected<void> do_observe(caf::strong_actor_ptr) const;

  std::shared_ptr<actors::pool> pool_;
  millis timeout_{5000};
};

/// Starts the shards, in order, and waits for the handlers' `init`. Errors:
/// bad_option (a rule of options.hpp is broken), tracker_exists, ignored,
/// init_failed, what `init` said with `stop`, would_deadlock, other_system (the
/// node belongs to another actor system), and what ended the node's membership
/// (name_in_use, endpoint_failed). Nothing runs after an error.
expected<tracker> start_tracker(caf::actor_system&, handler_factory, tracker_options,
                                const cluster_node& = {});
expected<tracker> start_tracker(caf::actor_system&, const tracker_spec&, const cluster_node& = {});

/// The running tracker of that name in this actor system; no_such_tracker.
expected<tracker> find_tracker(caf::actor_system&, std::string_view name);

/// One shard of a pool by itself, without the others and without a supervisor:
/// what `Shard.start_link` is. Errors as start_tracker. Others find it by
/// sending; end it with `stop_msg`.
expected<shard_actor> spawn_shard(caf::actor_system&, const tracker_spec&, std::size_t number,
                                  const cluster_node& = {});

/// "lobby_shard0"
std::string name_for_number(std::string_view tracker, std::size_t number);
/// That of the shard which owns the topic: `phash2(topic, pool_size)`.
std::string name_for_topic(std::string_view tracker, std::string_view topic, std::size_t pool_size);

} // namespace rollcall
