// A shard: mailbox -> gossip::step -> actions. The GenServer of the original.
//
// Decides nothing about the protocol. One file for each concern:
//   shard.cpp            what it understands, its start and its end
//   shard_operations.cpp track, update, untrack
//   shard_tracks.cpp     tracks that come together
//   shard_leases.cpp     presences without an actor
//   shard_dispatch.cpp   messages for all in a topic
//   shard_why.cpp        what the journal is told
//   shard_queries.cpp    list, replicas, stats ...
//   shard_gossip.cpp     steps, timers, frames, events
//   shard_watch.cpp      the actors that it monitors
//   shard_feed.cpp       handler and subscribers
//
// Threads: those of CAF's scheduler, one at a time.
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

/// Of a drain; none if it will do.
caf::error bad_lease(millis lease, const tracker_options&);

class shard : public inner_shard::base {
public:
  /// Called at its very end, when it touches nothing any more.
  using farewell = std::function<void(const caf::actor_addr&)>;

  shard(caf::actor_config&, std::shared_ptr<pool>, std::uint32_t number, farewell = nullptr);
  ~shard() override;

  const char* name() const override { return "rollcall.shard"; }
  behavior_type make_behavior() override;
  void on_exit() override;

  // -- start and end ----------------------------------------------------------
  /// Runs the handler's init, takes over what a predecessor had, shows itself.
  /// Answers before the handler's `ok_then` runs. Anything but ok: it quits.
  void start(const std::function<void(init_result)>& report);
  void stop(bool bye);
  /// The node's endpoint ended, or there is another one: see node_keeper.hpp.
  void endpoint_changed();

  // -- operations ---------------------------------------------------------------
  expected<track_reply> track(const caf::actor_addr&, std::string_view topic, std::string_view key,
                              const meta&,
                              bool more = false); ///< `more`: another one follows at once
  /// The same of a message, answered with those that wait behind it.
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
  /// For tests of the audit: damages a copy of that presence. nopresence.
  caf::error flip_a_bit(std::string_view topic, std::string_view key);
  /// Answers when all of the actor's presences are gone, however many.
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
  /// Those of this very life; the others are null.
  std::vector<caf::strong_actor_ptr> find(const std::vector<cluster::actor_number>&) const;
  /// Of this node and others.
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
  errc closed() const noexcept; ///< why no operation is taken now
  /// Stands at the start of what handles a message: first go the actors that
  /// had ended before it came. Counts how long it took; within another, nothing.
  class handler_scope {
  public:
    enum class begin : bool { releases, holds }; ///< tracks that are held
    explicit handler_scope(shard&, begin = begin::releases);
    ~handler_scope();
    handler_scope(const handler_scope&) = delete;
    handler_scope& operator=(const handler_scope&) = delete;

  private:
    shard& self_;
    std::chrono::steady_clock::time_point began_{};
    bool outermost_;
  };
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
  /// One that was carried out, and that nobody was told of yet.
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
  bool restore_lease(const presence_view&); ///< false: it is no lease
  void forget_lease(std::uint64_t actor);   ///< if it has no presence left

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
  /// `known`: the meta of the operation that was taken, if it was one with a meta.
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
  void unwatch_tracked(std::uint64_t actor); ///< if it has no presence left
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
  bool counting_ = false;       ///< what is carried out now is counted
  bool handler_counts_ = false; ///< the handler wants to know
  compat::down_handler on_down_;
  std::vector<held_track> held_, released_;
  std::unordered_map<std::uint64_t, watch> watches_; // local actors, by id
  std::vector<std::pair<std::uint64_t, reply>> untracking_;
  std::vector<std::uint64_t> ended_;       // actors, whose presences are here still
  std::vector<std::uint64_t> unreachable_; // subscriptions whose actor is gone
  std::uint64_t generations_[8] = {};      // by timer
  std::optional<cluster::instant> leases_at_;
  std::pair<shared_diff, std::size_t> measured_; // the diff that is being told, and its bytes
  std::optional<cluster::instant> flush_at_;
  cluster::instant next_tick_{0};
  memory_watch memory_held_;
  long_copies copies_;
  bool copying_ = false;
  bool proceeding_ = false;
  bool busy_ = false;      // something came since the handler asked for a timeout
  bool restoring_ = false; // subscribers will get the state
  bool stopped_ = false;
  bool over_ = false;            // on_exit is done
  bool telling_failure_ = false; // to the handler
  bool in_turn_ = false;
  std::array<std::uint64_t, std::tuple_size_v<decltype(tracker_stats::busy)>> busy_times_{};
  std::uint64_t longest_busy_us_ = 0;
  // What the journal is told beside the changes.
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
  std::unordered_map<std::string, silence> silences_; ///< of nodes that are down
  std::int64_t wall_offset_ms_ = 0;
  std::uint64_t handler_failures_ = 0;
  std::uint64_t resyncs_ = 0;
  one_of_ours counted_;
};

} // namespace rollcall::actors
