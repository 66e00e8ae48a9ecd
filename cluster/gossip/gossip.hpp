// The protocol of a shard, as a pure machine.
//
//     auto todo = machine.step(event, now);   // then carry out `todo` in order
//
// No CAF, no IO, no clock, no randomness: time is steady, passed in, and the
// same events give the same actions. So whole clusters run inside one thread
// under a seed (test/sim).
//
// Each step changes the state, publishes it to readers, and only then returns
// what is to be reported and sent. (But for step_unpublished.)
//
// Threads: one at a time. `state().table()` may be read from any.
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
  bool more = false; ///< another one follows at once: one frame for all of them
};
struct op_update {
  std::string_view topic, key;
  std::uint64_t actor;
  std::string_view meta;
};
/// A presence of a life before this one (a shard that died and came back): it
/// is born anew and keeps its ref.
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
/// All presences of an actor (untrack of a pid, or its death). Large ones go on
/// with `proceed`; `actions::untracked` says when all are gone.
struct op_untrack_all {
  std::uint64_t actor;
};
/// The same of many actors, that have ended: one report for all that goes now.
struct op_actors_gone {
  std::span<const std::uint64_t> actors;
};
/// The node is going. Its presences stay shown to all until the lease is over, or
/// until the same topic and key is tracked elsewhere (crdt/view.hpp). From now on
/// it tracks nothing new (`draining`), and what actors had that end is left to the
/// lease. errc: bad_lease (0 or less, more than permdown_period). Again: the
/// earlier end counts.
struct op_drain {
  instant lease;
};
struct tick {};      ///< every broadcast_period
struct timer_due {}; ///< at actions::wake_at; at any time: flush now
struct proceed {};   ///< when actions::more
struct frame_in {
  std::string_view bytes;
  /// The node at the other end of the link that it came by: a frame that names
  /// another sender is refused. Empty: not known, and not checked.
  std::string_view link = {};
  /// The wall clock in µs: lives that begin more than a day ahead of it are
  /// refused. 0: not known, and not checked.
  std::uint64_t wall_us = 0;
};
struct link_up {
  std::string_view node;
}; ///< frames to that node can be sent from now on
struct link_down {
  std::string_view node;
};
/// For tests of the audit: changes a copy in memory, behind the machine's back.
struct flip_a_bit {
  std::string_view topic, key;
};
struct say_bye {}; ///< orderly end: flush, then bye to all; then reads only

using event = std::variant<op_track, op_update, op_restore, op_untrack, op_untrack_all,
                           op_actors_gone, op_drain, tick, timer_due, proceed, frame_in, link_up,
                           link_down, flip_a_bit, say_bye>;

// -- actions: what the shell carries out, in this order -----------------------
/// Joins and leaves of one slice in one step: one `handle_diff`. The handles
/// can be looked at until the next step begins.
struct report {
  replica_id whose;
  crdt::changes changes;
};

enum class replica_change : std::uint8_t {
  up,
  down,
  permdown,
  reborn,        ///< another life of our name was seen: we are a new one above it
  name_conflict, ///< that happened too often: we stay what we are; rename one node
  diverged,      ///< our copy of it was wrong (the audit): it is pulled anew
  no_room,       ///< `limit` keeps it, or some of its presences, out until there is room
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
  /// While we drain: all changes of the own slice, in order of their clocks, those
  /// too that nobody sees since the presence was taken over.
  crdt::changes own_changes;
  std::vector<outgoing> frames;         ///< 2.
  std::vector<replica_event> events;    ///< 3.
  std::vector<std::uint64_t> untracked; ///< actors whose op_untrack_all is complete
  /// When to send `timer_due`, if nothing comes before: the end of the flush
  /// window, or of a link's grace. Every step gives it anew: keep one timer,
  /// and set it when this value is another than before.
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
  /// The same, but readers do not see what it did before the next `step` or
  /// `publish`: for several in a row, each of which is reported by itself. Its
  /// actions are carried out after that, before another step begins.
  actions step_unpublished(const event&, instant now);
  void publish();
  /// What a step returned, when it is carried out: the next one uses its room.
  void take_back(actions) noexcept;

  const replica_id& self() const noexcept; ///< changes with a rebirth
  const crdt::store& state() const noexcept;
  std::vector<replica_info> replicas() const; ///< self first, then by name
  bool draining() const noexcept;             ///< op_drain was taken
  /// What the machine counts; the rest of the members stay 0.
  const tracker_stats& stats() const noexcept;

  /// What is held beside the slices: for tests of the bounds.
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
