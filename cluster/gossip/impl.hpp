// The implementation of the machine:
//
//   gossip.cpp  one step: dispatch, remaining work, publishing
//   local.cpp   local operations, the flush, the orderly stop
//   frames.cpp  incoming frames: lives, clocks, merges, pulls, answers
//   tick.cpp    the tick: send, compare, detect
//   peers.cpp   links; up, down, permdown; clocks and gaps
//   drains.cpp  draining nodes and leases
//   room.cpp    eviction when a limit is reached
//
// Separate classes that know nothing of the machine: liveness, lives, pulls, answers,
// outbox, digest.
#pragma once

#include "cluster/gossip/digest.hpp"
#include "cluster/gossip/gossip.hpp"
#include "cluster/gossip/lives.hpp"
#include "cluster/gossip/peer.hpp"

#include <deque>

namespace rollcall::cluster {

struct gossip::impl {
  impl(replica_id self, const tracker_options&, instant first_tick);

  actions step(const event&, instant at); ///< does not publish
  void take_back(actions&) noexcept;

  // -- local.cpp
  void on(const op_track&);
  void on(const op_update&);
  void on(const op_restore&);
  void on(const op_untrack&);
  void on(const op_untrack_all&);
  void on(const op_actors_gone&);
  void on(const op_drain&);
  void on(const timer_due&);
  void on(const flip_a_bit&);
  void on(const say_bye&);
  void only_seen(crdt::changes&);
  void report_changes(crdt::changes); ///< of an operation; opens the flush window
  struct untracking {
    std::uint64_t actor;
    leave_reason why;
  };
  void untrack_some(untracking, std::size_t& budget);
  void untrack_piece(); ///< of the queue `untracks`
  void finish_untracks(std::uint64_t actor);
  bool flush(bool tick);        ///< pushes the open delta; returns false if it is empty
  instant flush_window() const; ///< how long changes are gathered
  struct cut_frames {
    std::vector<outbox::bytes> frames;
    std::size_t bytes = 0;
  };
  cut_frames cut_open_delta(crdt::clock_value a);
  void check_name_conflict(const frame&, std::uint64_t wall_us);
  void be_reborn(const incarnation& above);

  // -- frames.cpp
  void on(const frame_in&);
  peer* admit(const frame&, bool by_link); ///< the rules of lives; null: ignore the frame
  bool from_the_future(const frame&, std::uint64_t wall_us); ///< tells the sender so
  void hear_of_our_clock(const frame&);
  void correct(peer&, const frame&, const incarnation& known);
  void on_heartbeat(peer&, const frame&, std::string_view bytes);
  void on_state(peer&, const frame&, std::string_view bytes);
  void on_pull(peer&, const frame&);
  bool merge_some(peer&, const frame&, std::size_t bytes, merge_position&);
  bool listens_to_relays(const crdt::delta&) const;
  void keep_pending(peer&, std::string_view bytes, const merge_position&);
  void merge_piece();                           ///< of a frame that was set aside
  void merged(peer&, const frame&, bool moved); ///< the whole frame
  clock_list ahead_of_us(const frame&) const;
  clock_list clocks_to_pull(const peer&) const;
  bool may_help(const peer&) const;
  void pull(peer&);
  void ask(peer&, std::optional<answer_position>);

  // -- tick.cpp
  void on(const tick&);
  void announce();    ///< a heartbeat to every link
  void tell_clocks(); ///< to some of the peers whose digest differs
  void choose_and_pull();
  void judge_all();

  // -- peers.cpp
  void on(const link_up&);
  void on(const link_down&);
  void check_graces();
  bool come_up(peer&, const frame&); ///< a new life, or one that is back; false: no room
  void hide(peer&);
  void drop(peer_map::iterator, bool final, leave_reason);
  void forget_if_empty(std::string_view name);

  // -- room.cpp
  bool make_room(); ///< for one more life
  peer_map::iterator longest_down();
  bool evict_longest_down();
  bool evict_presences();
  bool evict_lingering();
  bool place_for_link();
  void keep_out(const replica_id&, std::string_view limit);
  template <class Operation>
  errc with_room(std::string_view topic, Operation);
  bool lacks(const peer&) const; ///< we lack something that the peer announced
  bool gap(const peer& p) const { return lacks(p) || (p.up() && st.hearsay(p.life->id)); }
  bool any_gap() const;
  /// True if only the owner itself is asked for its slice.
  static bool answers(const peer& p) noexcept { return p.link.up && p.up() && !p.pull.silent(); }
  clock_list clocks() const; ///< of all that we hold up, and of ourselves
  frame full_heartbeat() const;
  frame heartbeat() const;               ///< the own clock, digest and sum
  frame heartbeat_to(const peer&) const; ///< and what is acknowledged to it
  void compare(peer&, const frame&);     ///< its digest with ours
  void audit(peer&, const frame&);       ///< its sum with that of our copy
  void count_clock(peer&);               ///< its clock, or visibility, has changed
  void count_own_clock();
  void greet(peer_map::value_type&);
  bool bring_all(frame&);

  // -- drains.cpp
  void wake_for_lease(instant until);
  std::optional<instant> drain_left() const;
  void hear_of_drain(peer_life&, instant left);
  std::optional<instant> lease_of_ended(const peer&, leave_reason) const;
  void check_leases();
  bool has_drained_presences() const;
  void drop_drained_piece();

  // -- gossip.cpp
  void on(const proceed&);
  void sweep_piece();
  crdt::changes& report_of(const replica_id&);
  crdt::changes reuse_changes_buffer() noexcept; ///< empty, with the room of earlier ones
  void note(replica_change what, const replica_id& whose, std::string_view limit = {}) {
    out.events.push_back({what, whose, limit});
  }

  const tracker_options opt;
  const std::size_t peer_window; ///< bytes under way to a peer: our part of max_outstanding_bytes
  const limits cutting;          ///< what a frame of ours may be
  crdt::store st;
  tracker_stats stats;
  outbox box{stats};
  peer_map peers;
  lives ended;
  liveness alive;

  crdt::clock_value flushed = 0; ///< the open delta is (flushed, st.clock()]
  std::uint64_t flushed_sum = 0; ///< of the own slice at that clock
  clock_digest digest;
  std::uint64_t own_summand = 0;
  std::string told_last; ///< the last peer that tell_clocks told
  std::optional<instant> wake_at;
  /// Changes before it are gathered; the first one after it goes out at once.
  std::optional<instant> window_ends;
  bool flush_now = false; ///< flush at the end of this step, or of the last track that follows
  std::optional<instant> drain; ///< while we drain: the end of our lease
  bool drained = false;         ///< our lease is over
  struct ended_life {
    replica_id id;
    instant until;
    leave_reason why;
  };
  std::vector<ended_life> lingering; ///< over, and still shown
  std::optional<instant> next_lease; ///< the earliest end of a lease
  std::optional<instant> next_grace; ///< the earliest deadline of a lost link
  bool changed = false;              ///< something was flushed since the last tick
  std::size_t silent = 0;            ///< ticks since a heartbeat went to all
  std::size_t samples;               ///< ticks until the next choice
  std::uint64_t answer_no = 0;
  std::deque<untracking> untracks; ///< actors of which presences are left to untrack
  std::deque<std::string> merging; ///< peers that have a frame set aside
  std::optional<instant> conflict_told, room_told, ahead_told;
  bool links_missed = false; ///< a link_up found no place; its first frame stands in for it
  bool closed = false;       ///< said bye
  bool restored = false;     ///< this life has presences of the one before

  // of the step under way
  instant now{0};
  actions out;
  bool sweep_now = false;

  // buffers of earlier steps
  std::vector<report> spare_reports;
  crdt::changes spare_changes;
};

} // namespace rollcall::cluster
