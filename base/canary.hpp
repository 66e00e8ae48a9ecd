// Bugs that can be enabled on purpose.
//
// A test that was never seen to fail proves nothing. So each rule of the data structures and
// of the protocol can be switched off, one at a time:
//
//     if (!canary(bug::echo)) announce();   // in a shipped build: announce();
//
// This works only in separate builds of the libraries (rollcall_crdt_canaries,
// rollcall_gossip_canaries and rollcall_mesh_canaries), which only our test programs link
// (rollcall_sim, test_exhaustive_canaries, test_mesh_canaries). In all other builds `canary`
// is constant false. Use it in .cpp files only, so that headers are the same in both builds.
//
// docs/canaries.md describes each bug and the check that catches it.
#pragma once

#include <cstdint>

namespace rollcall {

enum class bug : std::uint8_t {
  none,
  // rules of the protocol, switched off
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
  // mistakes of other implementations
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
  // others
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
  // presences while a node drains
  takes_none,
  takes_all,
  update_takes,
  keeps_taken,
  bye_ends_lease,
  restart_drops,
  lease_never_ends,
  // malicious members and full tables
  relay_ranges,
  relay_word,
  hearsay_trusted,
  forged,
  future_lives,
  dead_stay,
  end, ///< of the bugs that rollcall_sim runs
  // the membership machine: names, addresses, contests
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
/// The bug that is enabled in this thread.
[[gnu::tls_model("initial-exec")]] inline constinit thread_local bug canary_alive = bug::none;
inline bool canary(bug b) noexcept { return canary_alive == b; }
#else
constexpr bool canary(bug) noexcept { return false; }
#endif

} // namespace rollcall
