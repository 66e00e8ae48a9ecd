// Bugs that can be built in on purpose.
//
// A check that was never seen to fail proves nothing. So each rule of the data
// and of the protocol can be switched off, one at a time:
//
//     if (!canary(bug::echo)) announce();   // in a shipped build: announce();
//
// That is so only in builds of their own (rollcall_crdt_canaries,
// rollcall_gossip_canaries and rollcall_mesh_canaries), which the programs of our
// checks alone link (rollcall_sim, test_exhaustive_canaries, test_mesh_canaries),
// and none that links the plain ones.
// In all others `canary` is false when it is compiled.
// Switches stand in .cpp files only: then a header means the same to both.
//
// What each bug is, and which check catches it: docs/canaries.md.
#pragma once

#include <cstdint>

namespace rollcall {

enum class bug : std::uint8_t {
  none,
  // the rules of the protocol, switched off
  two,
  parts,
  relay,
  one,
  ended,
  strange,
  flushed,
  recheck,
  greet,
  echo,
  bump,
  late,
  rotate,
  silence,
  turns,
  // what others got wrong, or might
  older_wins,
  over_a_gap,
  stale_life,
  downed_clocks,
  permdown_index,
  twice_on_up,
  short_log,
  lost_chunk,
  debounce,
  late_range,
  // further ones
  over_account,
  dead_uncovered,
  rebirth_loses,
  twin_leave,
  relay_beyond,
  shrinking,
  hearsay,
  many_gaps,
  checksum,
  wrong_sum,
  // what is shown while a node is leaving
  takes_none,
  takes_all,
  update_takes,
  keeps_taken,
  bye_ends_lease,
  restart_drops,
  lease_never_ends,
  // what a member gone bad, or a full table, would do
  relay_ranges,
  relay_word,
  hearsay_trusted,
  forged,
  future_lives,
  dead_stay,
  end, ///< of those that rollcall_sim runs
  // the mesh: names, addresses, and who keeps a name
  lost_in_line,
  no_quota,
  dead_for_ever,
  first_address,
  self_dropped,
  asked_once,
  age_ends,
  unvouched,
  no_vouch,
  strangers_merge,
  mesh_end
};

#ifdef ROLLCALL_CANARIES
/// The bug that is in, of this thread.
[[gnu::tls_model("initial-exec")]] inline constinit thread_local bug canary_alive = bug::none;
inline bool canary(bug b) noexcept { return canary_alive == b; }
#else
constexpr bool canary(bug) noexcept { return false; }
#endif

} // namespace rollcall
