// The actor of a shard: mailbox -> gossip::step -> actions. Corresponds to the GenServer of
// Phoenix.Tracker.
//
// Decides nothing about the protocol. One file for each concern:
//   shard.cpp            behavior, start, end
//   shard_operations.cpp track, update, untrack
//   shard_tracks.cpp     tracks that wait in the mailbox together
//   shard_leases.cpp     presences without an actor
//   shard_dispatch.cpp   messages to a topic
//   shard_resolve.cpp    handles of tracked actors
//   shard_why.cpp        the journal
//   shard_queries.cpp    list, replicas, stats
//   shard_gossip.cpp     steps, timers, endpoint, events
//   shard_watch.cpp      monitored actors
//   shard_feed.cpp       handler and subscribers
//
// Thread-safety: none; runs in CAF's scheduler, one message at a time.
#pragma once

#include "actors/diff_builder.hpp"
#include "actors/first_and_last.hpp"
#include "actors/forgotten.hpp"
#include "actors/handler_host.hpp"
#include "actors/journal.hpp"
#include "actors/long_copies.hpp"
#include "actors/memory_watch.hpp"
#include "actors/pool.hpp"
#include "cluster/gossip/gossip.hpp"

#include <array>
#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <tuple>
#include <unordered_map>
#include <unordered_set>
#include <utility>
#include <vector>

namespace rollcall::actors {

/// Returns bad_lease if the lease is not valid for a drain; else none.
caf::error bad_lease(millis lease, const tracker_options&);

class shard : public inner_shard::base {
public:
  /// Called at the end of on_exit; after it the shard accesses no shared state.
  using farewell = std::function<void(const caf::actor_addr&)>;

  shard(caf::actor_config&, std::shared_ptr<pool>, std::uint32_t number, farewell = nullptr);
  ~shard() override;

  const char* name() const override { return "rollcall.shard"; }
  behavior_type make_behavior() override;
  void on_exit() override;

  // -- start and end ----------------------------------------------------------
  /// Runs the handler's init, takes over the presences of the life before, and publishes
  /// itself. Reports before the handler's `ok_then` runs. If the result is not ok, it quits.
  void start(const std::function<void(init_result)>& report);
  void stop(bool bye);
  /// The endpoint of the node ended, or was replaced: see node_keeper.hpp.
  void endpoint_changed();

  // -- operations ---------------------------------------------------------------
  // All of these run inside a message_scope.
  expected<track_reply> track(const caf::actor_addr&, std::string_view topic, std::string_view key,
                              const meta&,
                              bool more = false); ///< `more`: another track follows at once
  /// For a message: answered together with the tracks that wait behind it.
  caf::result<track_reply> track_with_others(const track_msg&);
  track_many_reply track_many(const caf::actor_addr&, std::string_view topic,
                              const std::vector<std::string>& keys, const meta&);
  expected<update_reply> update(const caf::actor_addr&, std::string_view topic,
                                std::string_view key, const meta&);
  expected<update_reply> update(const caf::actor_addr&, std::string_view topic,
                                std::string_view key, const updater&);
  expected<update_reply> update(const pid&, std::string_view topic, std::string_view key,
                                const meta&);
  caf::error untrack(const caf::actor_addr&, std::string_view topic, std::string_view key);
  caf::error untrack(const pid&, std::string_view topic, std::string_view key);
  caf::error drain(millis lease);
  /// For tests of the audit: damages a copy of that presence. Errors: nopresence.
  caf::error flip_a_bit(std::string_view topic, std::string_view key);
  /// Replies when all presences of the actor are gone.
  using reply = std::function<void(caf::error)>;
  void untrack_all(const caf::actor_addr&, reply);

  // -- leases -----------------------------------------------------------------------
  expected<lease_reply> track_lease(std::string_view topic, std::string_view key, const meta&,
                                    millis ttl);
  expected<renew_reply> renew(const std::vector<lease>&, std::optional<millis> ttl);
  expected<update_reply> update(const lease&, const meta&);
  caf::error untrack(const lease&);
  expected<presence> find(const lease&);

  // -- queries --------------------------------------------------------------------
  caf::result<presences_reply> copied(presence_list);
  std::vector<replica_state> replicas() const;
  tracker_stats stats() const;
  /// Returns the handles of actors that this life tracks; null for others.
  std::vector<caf::strong_actor_ptr> find(const std::vector<cluster::actor_number>&) const;
  /// Resolves pids of this node and others.
  void resolve(const std::vector<pid>&, std::function<void(expected<resolve_reply>)>);
  expected<std::vector<story_entry>> why(std::string_view topic, std::string_view key);

  // -- messages to a topic --------------------------------------------------------------
  void dispatch(std::string_view topic, const caf::message&, bool local,
                const std::function<void(expected<dispatch_reply>)>& answer);

  // -- subscriptions ----------------------------------------------------------------
  expected<subscribe_reply> subscribe(const subscribe_msg&);
  void unsubscribe(std::uint64_t id);

private:
  // shard.cpp
  errc closed() const noexcept; ///< why operations are refused now; else none
  /// The scope of the handling of one message. At its begin, actors that ended before are
  /// untracked, and held tracks released. At its end, the time is counted. Nested scopes do
  /// nothing.
  class message_scope {
  public:
    enum class begin : bool { releases, holds }; ///< held tracks are released, or kept
    explicit message_scope(shard&, begin = begin::releases);
    ~message_scope();
    message_scope(const message_scope&) = delete;
    message_scope& operator=(const message_scope&) = delete;

  private:
    shard& self_;
    std::chrono::steady_clock::time_point began_{};
    bool outermost_;
  };
  /// Wraps the handler of a message: it runs in a handler scope, and the message stops the
  /// timeout that the handler's `init` asked for.
  template <class F>
  auto operation(F handler);
  template <class F, class Result, class Message>
  auto wrapped(F handler, Result (F::*)(const Message&) const);
  template <class Message>
  caf::result<void> end_pool(const Message&);
  void restore();
  std::shared_ptr<crdt::presence_table> table() const;
  inner_shard self() { return inner_shard{this}; }

  // shard_operations.cpp
  errc refused(const caf::actor_addr&, std::string_view topic, std::string_view key) const;
  errc refused_name(std::string_view topic, std::string_view key) const noexcept;
  errc refused_meta(const meta&) const noexcept;
  errc refused_pid(const pid&) const;
  caf::error refused_by(cluster::actions);
  expected<update_reply> update_id(std::uint64_t actor, std::string_view topic,
                                   std::string_view key, const meta&);
  caf::error untrack_id(std::uint64_t actor, std::string_view topic, std::string_view key);

  // shard_tracks.cpp
  /// A track that was carried out, but not published, reported and answered yet.
  struct held_track {
    caf::typed_response_promise<track_reply> promise;
    track_reply answer;
    cluster::actions todo;
  };
  void release_tracks();
  void fail_tracks(errc);

  // shard_leases.cpp
  void arm_lease_timer();
  void end_leases();
  bool restore_lease(const presence_view&); ///< returns false if it is not a lease
  void forget_lease(std::uint64_t actor);   ///< if it has no presence

  // shard_dispatch.cpp
  std::size_t hand_out(const std::unordered_set<std::uint64_t>& actors, const caf::message&);
  void hand_out(const cluster::message_for_topic&);

  // shard_why.cpp
  void hear(const cluster::frame_received&);
  void hear(const cluster::link_changed&);
  bool journals() const noexcept { return journal_.enabled() || pool_->journal() != nullptr; }
  void set_wall_clock();
  void journal_changes(const cluster::actions&);
  void journal_report(const cluster::report&, cluster::instant steady);

  // shard_gossip.cpp
  cluster::actions step(const cluster::event&);
  void step_and_carry_out(const cluster::event&);
  /// `known`: the meta of the operation, if it had one.
  void carry_out(cluster::actions, const meta* known = nullptr);
  void handle(timer_msg);
  void set_timer(timer, millis delay);
  void set_flush(std::optional<cluster::instant> at);
  void tick();
  void attach_to_endpoint();
  void happened(const cluster::replica_event&);
  void emit(tracker_event_kind, std::string text, replica_id = {});

  // shard_watch.cpp
  void watch_tracked(const caf::actor_addr&);
  void watch_subscriber(const caf::actor_addr&);
  void unwatch_tracked(std::uint64_t actor); ///< if it has no presence
  void unwatch_subscriber(const caf::actor_addr&);
  void ended(const caf::actor_addr&);
  void untrack_ended();

  // shard_queries.cpp
  void go_on_copying();

  // shard_feed.cpp
  void feed(const cluster::report&, const meta* known);
  void expect(const cluster::actions&);
  bool wants_first_and_last() const noexcept;
  void failed(const handler_host::failure&);
  void heard(const info&);
  void deliver(subscriber&, const shared_diff&);
  void send_state(subscriber&);
  void state_made(std::uint64_t id, expected<std::vector<presence>>);
  void tell_state(subscriber&, std::vector<presence>);
  void answered(std::uint64_t id, std::size_t bytes);
  void drop_subscription(std::uint64_t id);

  struct watch {
    compat::monitor_token token;
    bool tracked = false;
    std::uint32_t subscriptions = 0;
  };
  watch& watched(const caf::actor_addr&);
  void unwatch_if_unused(std::uint64_t actor);

  farewell farewell_;
  std::shared_ptr<pool> pool_;
  const std::uint32_t number_;
  std::shared_ptr<shard_memory> memory_;
  caf::actor endpoint_; // may be null
  handler_host handler_;
  journal journal_;
  std::optional<cluster::gossip> machine_;
  diff_builder diffs_;
  first_and_last counts_;
  bool counting_ = false;       ///< `counts_` is used for the actions carried out now
  bool handler_counts_ = false; ///< the handler wants first and last
  compat::down_handler on_down_;
  std::vector<held_track> held_, released_;
  std::unordered_map<std::uint64_t, watch> watches_; // local actors, by id
  std::vector<std::pair<std::uint64_t, reply>> untracking_;
  std::vector<std::uint64_t> ended_;       // ended actors that are not untracked yet
  std::vector<std::uint64_t> unreachable_; // subscriptions whose actor has ended
  std::uint64_t generations_[8] = {};      // by timer
  std::optional<cluster::instant> leases_at_;
  std::pair<shared_diff, std::size_t> measured_; // the diff that is being delivered, and its bytes
  std::optional<cluster::instant> flush_at_;
  cluster::instant next_tick_{0};
  memory_watch memory_held_;
  long_copies copies_;
  bool copying_ = false;
  bool proceeding_ = false;
  bool something_came_ = false; // since the handler asked for a timeout in its init
  bool restoring_ = false;      // subscribers will get the state
  bool stopped_ = false;
  bool over_ = false;            // on_exit has finished
  bool telling_failure_ = false; // the handler is told of its own failure
  bool in_turn_ = false;
  std::array<std::uint64_t, std::tuple_size_v<decltype(tracker_stats::busy)>> busy_times_{};
  std::uint64_t longest_busy_us_ = 0;
  // Causes of changes, for the journal.
  struct origin {
    story_cause cause = story_cause::operation;
    std::string from{};
  } through_;
  struct hearing {
    cluster::instant at{0}; ///< the last frame
    bool link_lost = false;
  };
  std::unordered_map<std::string, hearing> heard_; ///< by node
  struct silence {
    std::int64_t heard_ms = 0;
    bool link_lost = false;
    bool forgotten = false; ///< permdown
  };
  std::unordered_map<std::string, silence> silences_; ///< for nodes that are down
  std::int64_t wall_offset_ms_ = 0;
  std::uint64_t handler_failures_ = 0;
  std::uint64_t resyncs_ = 0;
  one_of_ours counted_;
};

} // namespace rollcall::actors
