// The protocol of a shard, as a pure machine.
//
//     auto todo = machine.step(event, now);   // then carry out `todo` in order
//
// No CAF, no IO, no clock, no randomness: time is steady, passed in, and the
// same events give the same actions. So whole clusters run inside one thread
// under a seed (test/sim).
//
// Threads: one at a time. `state().table()` may be read from any.
#pragma once

#include "cluster/wire.hpp"
#include "crdt/store.hpp"
#include "rollcall/options.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace rollcall::cluster {

/// Steady time since any fixed moment.
using instant = std::chrono::milliseconds;

// -- events: what the shell tells the machine --------------------------------
struct op_track { std::string_view topic, key; std::uint64_t actor; std::string_view meta; };
struct op_update { std::string_view topic, key; std::uint64_t actor; std::string_view meta; };
/// A presence of a life before this one (a shard that died and came back): it
/// is born anew and keeps its ref.
struct op_restore {
  std::string_view topic, key;
  std::uint64_t actor;
  std::string_view meta;
  rollcall::ref ref;
  std::optional<rollcall::ref> prev_ref;
};
struct op_untrack { std::string_view topic, key; std::uint64_t actor; };
/// All presences of an actor (untrack of a pid, or its death). Large ones go on
/// with `proceed`.
struct op_untrack_all { std::uint64_t actor; };
struct tick {};                                   ///< every broadcast_period
struct flush_due {};                              ///< at actions::flush_at
struct proceed {};                                ///< when actions::more
struct frame_in { std::string_view bytes; };
struct link_up { std::string_view node; };        ///< frames to that node can be sent from now on
struct link_down { std::string_view node; };
struct say_bye {};                                ///< orderly end: flush, then bye to all

using event = std::variant<op_track, op_update, op_restore, op_untrack, op_untrack_all, tick, flush_due,
                           proceed, frame_in, link_up, link_down, say_bye>;

// -- actions: what the shell carries out, in this order -----------------------
/// Joins and leaves of one slice in one step: one `handle_diff`.
struct report {
  replica_id whose;
  crdt::changes changes;
};

enum class replica_change : std::uint8_t { up, down, permdown, reborn, name_conflict };
struct replica_event {
  replica_change what;
  replica_id whose;     ///< of `reborn`: the new life of ourselves
};

struct outgoing {
  std::string to;                           ///< node name
  std::shared_ptr<const std::string> bytes; ///< shared: the same frame goes to many
};

struct actions {
  errc code = errc::none;              ///< of an operation: what to answer
  std::optional<rollcall::ref> ref;    ///< of track and update
  std::optional<rollcall::ref> prev_ref;
  std::vector<report> reports;         ///< 1. already visible to readers
  std::vector<outgoing> frames;        ///< 2.
  std::vector<replica_event> events;   ///< 3.
  std::optional<instant> flush_at;     ///< when to send `flush_due`, if nothing comes before
  bool more = false;                   ///< long work is left: send `proceed` soon
};

enum class replica_status : std::uint8_t { up, down };
struct replica_info {
  replica_id id;
  replica_status status;
  crdt::clock_value clock;
};

/// Counts since the start of this machine.
struct gossip_stats {
  std::uint64_t frames_in[5] = {}, frames_out[5] = {}; ///< by frame_kind; [0]: refused / unused
  std::uint64_t bytes_in[5] = {}, bytes_out[5] = {};
  std::uint64_t frames_unknown = 0; ///< of a later version: ignored
  std::uint64_t pulls = 0, merges = 0, joins = 0, leaves = 0, rebirths = 0;
};

class gossip {
public:
  /// `self`: node name and this life's incarnation. `start`: now; the first
  /// tick is expected at `first_tick`.
  gossip(replica_id self, const tracker_options&, instant start, instant first_tick);

  actions step(const event&, instant now);

  const replica_id& self() const noexcept;   ///< changes with a rebirth
  const crdt::store& state() const noexcept;
  std::vector<replica_info> replicas() const; ///< self first, then by name
  const gossip_stats& stats() const noexcept;
};

} // namespace rollcall::cluster
