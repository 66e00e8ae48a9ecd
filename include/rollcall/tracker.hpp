// The tracker: tracks local actors, and reads who is present in the cluster.
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
// topics. This value is a cheap handle; it picks the shard itself, without a routing
// hop. Destroying it does not stop the tracker: call `stop`. An actor system does not
// end before its trackers have ended.
//
// Tracked actors are local actors. They are monitored and never kept alive: when one
// ends, its presences leave. Actors of other nodes appear as numbers (`pid`).
//
// Thread-safety: any thread. Reads (list, get_by_key, count, dirty_list, topics) never
// wait for the shard, nor does the shard wait for them. They show every change that was
// acknowledged or reported in a diff. Other operations block until the shard answers, at
// most for `timeout()` (5 s); then they return `timed_out`, and the operation may still
// take place. Inside a handler they return `would_deadlock` at once; send messages there
// (messages.hpp). Inside an actor, prefer messages too.
//
// Errors: those of errc.hpp, in caf::error. All operations return `shutting_down` once
// stop has been called.
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
struct access;
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
  /// Returns false once the tracker is being stopped or has failed.
  bool running() const noexcept;

  // -- operations ------------------------------------------------------------
  // `Who`: any handle of a local actor, an actor_addr, or an actor's `self`.

  /// Returns the ref of the join. Errors: already_tracked, not_local, bad_topic, bad_key,
  /// bad_meta, too_large, limit_reached, draining, null_actor, other_system.
  template <class Who>
  [[nodiscard]] expected<ref> track(const Who& who, std::string_view topic, std::string_view key,
                                    const meta& data = {}) const {
    return do_track(address_of(who), topic, key, data);
  }
  /// Tracks many keys with the same meta, in one message. Stops at the first key that
  /// fails, and returns its error.
  template <class Who>
  [[nodiscard]] expected<std::size_t> track_many(const Who& who, std::string_view topic,
                                                 std::vector<std::string> keys,
                                                 const meta& data = {}) const {
    return do_track_many(address_of(who), topic, std::move(keys), data);
  }
  /// Returns ref and prev_ref. Errors: nopresence, and as `track`.
  template <class Who>
  [[nodiscard]] expected<update_reply> update(const Who& who, std::string_view topic,
                                              std::string_view key, const meta& data) const {
    return do_update(address_of(who), topic, key, data);
  }
  /// `next` runs in the shard. If it throws, nothing changes: updater_failed. This is a
  /// template so that `{}` means an empty meta and not an empty function.
  template <class Who, class F>
  requires(std::is_invocable_r_v<meta, F&, meta_view> && !std::is_convertible_v<F, meta>)
      [[nodiscard]] expected<update_reply> update(const Who& who, std::string_view topic,
                                                  std::string_view key, F next) const {
    return do_update(address_of(who), topic, key, updater{std::move(next)});
  }
  /// Idempotent: succeeds even if there is no such presence.
  template <class Who>
  [[nodiscard]] expected<void> untrack(const Who& who, std::string_view topic,
                                       std::string_view key) const {
    return do_untrack(address_of(who), topic, key);
  }
  /// Untracks the actor in all topics. Returns when all shards have done so.
  template <class Who>
  [[nodiscard]] expected<void> untrack(const Who& who) const {
    return do_untrack(address_of(who));
  }
  /// The same, by number. Errors: not_local, not_owner.
  [[nodiscard]] expected<update_reply> update(const pid& who, std::string_view topic,
                                              std::string_view key, const meta& data) const;
  [[nodiscard]] expected<void> untrack(const pid& who, std::string_view topic,
                                       std::string_view key) const;

  // -- leases (lease.hpp): presences without an actor ------------------------------
  /// The presence leaves when the lease is not renewed for `ttl` (100 ms to 31 days), at
  /// most 0.1 s late. Errors: bad_lease, and as `track`.
  [[nodiscard]] expected<lease_reply> track_lease(std::string_view topic, std::string_view key,
                                                  const meta& data, millis ttl) const;
  /// Renews the lease for its ttl, or a new one, from now. Errors: no_such_lease,
  /// bad_lease.
  [[nodiscard]] expected<void> renew(const lease&, std::optional<millis> ttl = {}) const;
  /// Renews many leases, with one message to each shard. Leases that have ended are no
  /// error; the result names them. Errors: bad_lease.
  [[nodiscard]] expected<renew_reply> renew(std::vector<lease>,
                                            std::optional<millis> ttl = {}) const;
  /// Changes the meta, and does not renew the lease. Errors: no_such_lease, and as `track`.
  [[nodiscard]] expected<update_reply> update(const lease&, const meta& data) const;
  /// Idempotent: succeeds even if the lease has ended.
  [[nodiscard]] expected<void> untrack(const lease&) const;
  /// Returns the presence of the lease. Errors: no_such_lease.
  [[nodiscard]] expected<presence> find(const lease&) const;

  // -- reads: any thread, no waiting ------------------------------------------
  /// Ordered by key, then ref. Empty for an unknown topic, and once the tracker has ended.
  presence_list list(std::string_view topic) const;
  presence_list get_by_key(std::string_view topic, std::string_view key) const;
  std::size_t count(std::string_view topic) const;
  /// The number of different keys, which counts people and not their connections. O(1).
  std::size_t count_keys(std::string_view topic) const;
  /// Includes presences of replicas that are down.
  presence_list dirty_list(std::string_view topic) const;
  /// The number of presences of each topic, over all shards.
  std::map<std::string, std::size_t> topics() const;

  // -- state -------------------------------------------------------------------
  [[nodiscard]] expected<std::vector<replica_state>> replicas() const;
  [[nodiscard]] expected<tracker_stats> stats() const;
  /// Returns the handle of a tracked actor; asks the other node if it is not local.
  /// Errors: nopresence if it is not tracked (any more), unreachable.
  [[nodiscard]] expected<caf::strong_actor_ptr> resolve(const pid& who) const;
  /// Resolves many, in the order given: see resolve_msg.
  [[nodiscard]] expected<std::vector<resolved_actor>> resolve(std::vector<pid> who) const;
  /// Returns the changes of that key that readers saw, oldest first, as far as the journal
  /// of its shard reaches back (limits::max_journal_entries). Empty if there are none.
  /// Errors: bad_topic, bad_key.
  [[nodiscard]] expected<std::vector<story_entry>> why(std::string_view topic,
                                                       std::string_view key) const;

  // -- messages to a topic -------------------------------------------------------
  /// Sends `content` once to every actor in the topic, on every node: see dispatch_msg.
  ///     tracker.dispatch("room:1", caf::make_message(chat{"hello"}));
  [[nodiscard]] expected<dispatch_reply> dispatch(std::string_view topic,
                                                  caf::message content) const;
  /// The same, to actors of this node only.
  [[nodiscard]] expected<dispatch_reply> dispatch_local(std::string_view topic,
                                                        caf::message content) const;

  // -- subscriptions -------------------------------------------------------------
  /// Subscribes callbacks. Errors: limit_reached, bad_topic.
  [[nodiscard]] expected<subscription> subscribe(selector, subscription_callbacks) const;
  /// Subscribes an actor, which gets `state_msg` and `diff_msg`. Returns the id of the
  /// subscription.
  template <class Who>
  [[nodiscard]] expected<std::uint64_t> subscribe_actor(const Who& who, selector what) const {
    return do_subscribe(caf::actor_cast<caf::strong_actor_ptr>(address_of(who)), std::move(what));
  }
  [[nodiscard]] expected<void> unsubscribe(std::uint64_t id) const;
  /// Calls back for each tracker_event, beginning with a replica_up for each replica that
  /// is up. Runs in the threads of subscription callbacks.
  [[nodiscard]] expected<subscription> observe(event_callback) const;
  template <class Who>
  [[nodiscard]] expected<void> observe_actor(const Who& who) const {
    return do_observe(caf::actor_cast<caf::strong_actor_ptr>(address_of(who)));
  }

  // -- the end ---------------------------------------------------------------------
  // Once `stop` or `graceful_permdown` has succeeded, the shards have ended, and no
  // handler and no callback runs or begins. Called inside a callback, it waits for all
  // others, and none begins after that one. `timed_out` means that a shard or a callback
  // still runs: call again. Idempotent.

  /// Announces that this node is going to stop, as in a deploy. From now on:
  ///   - its presences stay shown on every node until the lease ends, even if the node
  ///     says bye, is killed or starts again, and even if their actors end meanwhile;
  ///   - a join of the same topic and key on another node, or in the next life of this
  ///     node, takes one of them over: each handler and subscriber gets the leave
  ///     (leave_reason::moved) and the join in one diff;
  ///   - presences that were not taken over leave when the lease ends;
  ///   - new tracks fail with `draining`.
  /// Returns when this is announced to all linked nodes. A second call can only shorten
  /// the lease. Stop the node at any later time, preferably by graceful_permdown.
  /// Errors: bad_lease if not positive, or more than permdown_period.
  ///
  ///     tracker.drain(30s);
  ///     tracker.graceful_permdown();
  [[nodiscard]] expected<void> drain(millis lease) const;
  /// Says bye: all other nodes drop our presences at once, or at the end of a lease (see
  /// `drain`). Then stops the tracker.
  [[nodiscard]] expected<void> graceful_permdown() const;
  /// Stops the tracker in order: flushes, and says bye if permdown_on_shutdown is set.
  [[nodiscard]] expected<void> stop() const;

  // -- shards ------------------------------------------------------------------------
  std::size_t shard_of(std::string_view topic) const noexcept;
  /// The shard, to send messages to. A restarted shard is another actor: ask again. Null
  /// once the tracker has ended.
  shard_actor shard(std::size_t number) const;
  shard_actor shard_for(std::string_view topic) const { return shard(shard_of(topic)); }
  /// An actor that forwards each message to its shard.
  shard_actor as_actor() const;

  millis timeout() const noexcept { return timeout_; }
  /// Returns a handle of the same tracker whose blocking operations wait that long.
  tracker with_timeout(millis) const;

private:
  friend struct actors::access;
  explicit tracker(std::shared_ptr<actors::pool> x) : pool_(std::move(x)) {}

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

/// Starts the shards in order, and waits for the `init` of each handler. Errors:
/// bad_option (options.hpp has the rules), tracker_exists, ignored, init_failed, the
/// error that `init` returned with `stop`, would_deadlock, other_system (the node belongs
/// to another actor system), name_in_use, endpoint_failed. After an error nothing runs.
[[nodiscard]] expected<tracker> start_tracker(caf::actor_system&, handler_factory, tracker_options,
                                              const cluster_node& = {});
[[nodiscard]] expected<tracker> start_tracker(caf::actor_system&, const tracker_spec&,
                                              const cluster_node& = {});

/// Returns the running tracker of that name in this actor system. Errors: no_such_tracker.
[[nodiscard]] expected<tracker> find_tracker(caf::actor_system&, std::string_view name);

/// Starts one shard of a pool by itself, without a supervisor, as `Shard.start_link` does
/// in Phoenix. Errors: as start_tracker. Stop it with `stop_msg`.
[[nodiscard]] expected<shard_actor> spawn_shard(caf::actor_system&, const tracker_spec&,
                                                std::size_t number, const cluster_node& = {});

/// "lobby_shard0"
std::string name_for_number(std::string_view tracker, std::size_t number);
/// The name of the shard that owns the topic: `phash2(topic, pool_size)`.
std::string name_for_topic(std::string_view tracker, std::string_view topic, std::size_t pool_size);

} // namespace rollcall
