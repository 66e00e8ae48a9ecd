// The protocol of a shard, as a pure machine.
//
//     auto todo = machine.step(event, now);   // then carry out `todo` in order
//
// The machine uses no CAF, no IO, no clock and no randomness. Time is steady and passed
// in, and the same events give the same actions, so whole clusters run in one thread
// under a seed (test/sim).
//
// Each step changes the state, publishes it to readers, and then returns what to
// report and send (step_unpublished leaves the publishing to the caller).
//
// Thread-safety: one thread at a time; `state().table()` may be read from any thread.
#pragma once

#include "base/instant.hpp"
#include "cluster/gossip/outbox.hpp"
#include "crdt/store.hpp"
#include "rollcall/options.hpp"

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rollcall::cluster {

// -- events: what the shell tells the machine --------------------------------
struct op_track {
  std::string_view topic, key;
  std::uint64_t actor;
  std::string_view meta;
  bool more = false; ///< another track follows at once: both go into one frame
};
struct op_update {
  std::string_view topic, key;
  std::uint64_t actor;
  std::string_view meta;
};
/// A presence of an earlier life of this shard, which died and was restarted. It is
/// born again and keeps its ref.
struct op_restore {
  std::string_view topic, key;
  std::uint64_t actor;
  std::string_view meta;
  rollcall::ref ref;
  std::optional<rollcall::ref> prev_ref;
};
struct op_untrack {
  std::string_view topic, key;
  std::uint64_t actor;
};
/// Untracks all presences of an actor, in pieces if there are many (`proceed`).
/// `actions::untracked` tells when the last one is gone.
struct op_untrack_all {
  std::uint64_t actor;
};
/// The same for several actors that have ended, in one report.
struct op_actors_gone {
  std::span<const std::uint64_t> actors;
};
/// The node is going to stop. Its presences stay shown on all nodes until the lease
/// ends, or until the same topic and key is tracked elsewhere (crdt/view.hpp). From now
/// on new tracks fail with `draining`, and presences of actors that end stay until the
/// lease ends. A second drain may only shorten the lease. errc: bad_lease (not positive,
/// or more than permdown_period).
struct op_drain {
  instant lease;
};
struct tick {};      ///< every broadcast_period
struct timer_due {}; ///< at actions::wake_at; sent earlier, it flushes at once
struct proceed {};   ///< after a step whose actions::more is set
struct frame_in {
  std::string_view bytes;
  /// The node at the other end of the link. A frame that names another sender is
  /// refused. Empty: not checked.
  std::string_view link = {};
  /// The wall clock in µs. Lives that begin more than a day ahead of it are refused.
  /// 0: not checked.
  std::uint64_t wall_us = 0;
};
struct link_up {
  std::string_view node;
}; ///< frames to that node can be sent from now on
struct link_down {
  std::string_view node;
};
/// For tests of the audit: corrupts a copy in memory.
struct flip_a_bit {
  std::string_view topic, key;
};
struct say_bye {}; ///< orderly stop: flushes, says bye to all; afterwards only reads work

using event = std::variant<op_track, op_update, op_restore, op_untrack, op_untrack_all,
                           op_actors_gone, op_drain, tick, timer_due, proceed, frame_in, link_up,
                           link_down, flip_a_bit, say_bye>;

// -- actions: what the shell carries out, in this order -----------------------
/// Joins and leaves of one slice in one step: one `handle_diff`. The handles are valid
/// until the next step begins.
struct report {
  replica_id whose;
  crdt::changes changes;
};

enum class replica_change : std::uint8_t {
  up,
  down,
  permdown,
  reborn,        ///< a higher life of our name was seen: we began a new one above it
  name_conflict, ///< two living nodes have our name: rename one of them
  diverged,      ///< the audit found our copy wrong: it is pulled again
  no_room,       ///< `limit` keeps the replica, or some of its presences, out for now
  clock_ahead,   ///< its life begins more than a day ahead of our clock, or ours of a peer's
};
struct replica_event {
  replica_change what;
  replica_id whose; ///< of `reborn`: the new life of ourselves; of `name_conflict`: the other
  std::string_view limit = {}; ///< of `no_room`: its name in `limits`
};

struct actions {
  errc code = errc::none;           ///< of an operation: what to answer
  std::optional<rollcall::ref> ref; ///< of track and update
  std::optional<rollcall::ref> prev_ref;
  std::vector<report> reports; ///< 1. already visible to readers
  /// While we drain: all changes of the own slice in the order of their clocks,
  /// including those that no reader sees because the presence was taken over.
  crdt::changes own_changes;
  std::vector<outgoing> frames;         ///< 2.
  std::vector<replica_event> events;    ///< 3.
  std::vector<std::uint64_t> untracked; ///< actors whose op_untrack_all is complete
  /// When to send `timer_due`: the end of the flush window, of a link's grace or of a
  /// lease. Each step returns the current value: keep one timer, and set it again when
  /// the value has changed.
  std::optional<instant> wake_at;
  bool more = false; ///< long work is left: send `proceed` soon
};

enum class replica_status : std::uint8_t { up, down };
struct replica_info {
  replica_id id;
  replica_status status;
  crdt::clock_value clock;
};

class gossip {
public:
  /// `self`: node name and this life's incarnation. `start`: now; the first
  /// tick is expected at `first_tick`. The options are valid (`validate`).
  gossip(replica_id self, const tracker_options&, instant start, instant first_tick);
  ~gossip();
  gossip(gossip&&) noexcept;
  gossip& operator=(gossip&&) noexcept;

  actions step(const event&, instant now);
  /// The same, but readers see the changes only after the next `step` or `publish`. For
  /// several operations in a row, each with a report of its own. Carry out its actions
  /// after publishing and before the next step.
  actions step_unpublished(const event&, instant now);
  void publish();
  /// Returns processed actions so that the next step reuses their buffers.
  void take_back(actions) noexcept;

  const replica_id& self() const noexcept; ///< changes with a rebirth
  const crdt::store& state() const noexcept;
  std::vector<replica_info> replicas() const; ///< self first, then by name
  bool draining() const noexcept;             ///< op_drain was taken
  /// The counters of the machine; other members are 0.
  const tracker_stats& stats() const noexcept;

  /// Sizes of what is held beside the slices, for tests of the limits.
  struct held {
    std::size_t peers = 0;            ///< nodes linked or held
    std::size_t ended = 0;            ///< final lives remembered
    std::size_t answers = 0;          ///< under way to others
    std::size_t pulls = 0;            ///< under way to us
    std::size_t most_outstanding = 0; ///< bytes, of the peer that has the most
    std::size_t untracks = 0;         ///< actors whose presences still go
    std::size_t merging = 0;          ///< frames that are merged in pieces
    std::size_t lives = 0;            ///< of those peers
  };
  held holdings() const noexcept;

private:
  struct impl;
  std::unique_ptr<impl> impl_;
};

} // namespace rollcall::cluster
