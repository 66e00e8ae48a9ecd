#include "tools/sim/canary_table.hpp"

namespace rollcall::sim {

namespace {

// clang-format off
constexpr canary_row table[] = {
    // The rules of the protocol, switched off.
    {"two", bug::two, false, "an update takes one clock, not two"},
    {"parts", bug::parts, false, "the parts of an answer are taken in any order"},
    {"relay", bug::relay, false, "a relay says nothing of what died, as if nothing had"},
    {"one", bug::one, false, "a join does not end the older presence of its (topic, key, pid)"},
    {"ended", bug::ended, false, "lives that said bye or were superseded are not remembered"},
    {"strange", bug::strange, false, "clocks of replicas that are not held up count as a lack"},
    {"flushed", bug::flushed, false, "clocks are announced that are not flushed yet"},
    {"recheck", bug::recheck, false, "a gap that is still open is not pulled again"},
    {"greet", bug::greet, false, "who is new or back is not sent a heartbeat at once"},
    {"echo", bug::echo, false, "no heartbeat at the first tick after a change"},
    {"bump", bug::bump, false, "who hears of a higher life of its name stays below it"},
    {"late", bug::late, false, "time in which we did not run counts as silence of others"},
    {"rotate", bug::rotate, false, "a peer that left a pull unanswered is not asked last"},
    {"silence", bug::silence, false, "the beat does not heed down_period"},
    {"turns", bug::turns, false, "a peer whose digest differs is never told all clocks"},
    // What others got wrong, or might.
    {"older_wins", bug::older_wins, false, "an older presence overwrites a newer one"},
    {"over_a_gap", bug::over_a_gap, false, "a part is applied over a gap before it"},
    {"stale_life", bug::stale_life, false, "an older life of a name is taken for a newer one"},
    {"downed_clocks", bug::downed_clocks, false, "clocks of downed replicas stay in heartbeats, and count"},
    {"permdown_index", bug::permdown_index, false, "permdown hides what it should take out of the table"},
    {"twice_on_up", bug::twice_on_up, false, "what is shown again on up is reported twice"},
    {"short_log", bug::short_log, false, "the removal log is cut one further than it says"},
    {"lost_chunk", bug::lost_chunk, false, "a frame of an answer that never came counts as received"},
    {"debounce", bug::debounce, false, "a pull under way swallows all later ones, lost or not"},
    {"late_range", bug::late_range, false, "a range begins one too late after a flush"},
    {"wall_clock", bug::none, true, "the machine is given the wall clock, not the steady one"},
    // Further ones.
    {"over_account", bug::over_account, false, "a peer past its limit of bytes under way is sent more"},
    {"dead_uncovered", bug::dead_uncovered, false, "a dot that is called dead before its birth does not count as known"},
    {"rebirth_loses", bug::rebirth_loses, false, "a new life does not take the living presences of the old along"},
    {"twin_leave", bug::twin_leave, false, "a newer presence ends an older one, and its leave is not reported"},
    {"relay_beyond", bug::relay_beyond, false, "a relay answers past its own prefix, over its own gap"},
    {"shrinking", bug::shrinking, false, "a gap that closes makes all that is known beyond it forgotten"},
    {"hearsay", bug::hearsay, false, "to be named in another's frame counts as a sign of life"},
    {"many_gaps", bug::many_gaps, false, "the gaps that are kept of a slice have no bound"},
    {"wrong_sum", bug::wrong_sum, false, "a presence that leaves stays in the audit's sum of a copy"},
    {"checksum", bug::checksum, false, "the checksum of a frame is not looked at"},
    // What is shown while a node is leaving.
    {"takes_none", bug::takes_none, false, "a join takes nothing over from a node that is leaving"},
    {"takes_all", bug::takes_all, false, "one join takes over all presences of its key"},
    {"update_takes", bug::update_takes, false, "an update takes over, like a join"},
    {"keeps_taken", bug::keeps_taken, false, "what was taken over is not shown again when the link is back"},
    {"bye_ends_lease", bug::bye_ends_lease, false, "a bye ends the lease of a node that drains"},
    {"restart_drops", bug::restart_drops, false, "a new life drops the one before at once"},
    {"lease_never_ends", bug::lease_never_ends, false, "what has not come back when the lease ends does not leave"},
    // A member gone bad, or a full table.
    {"relay_ranges", bug::relay_ranges, false, "a range counts, whoever sends it"},
    {"relay_word", bug::relay_word, false, "a relay's word on a slice counts as the owner's does"},
    {"hearsay_trusted", bug::hearsay_trusted, false, "what a relay said is not asked of the owner again"},
    {"forged", bug::forged, false, "a frame may name another sender than the node of its link"},
    {"future_lives", bug::future_lives, false, "lives that begin days ahead of the wall clock are taken"},
    {"dead_stay", bug::dead_stay, false, "who is down does not make room for the living"},
};
// clang-format on

constexpr bool has_a_row(bug b) {
  for (auto& c : table)
    if (c.what == b) return true;
  return false;
}
constexpr bool all_have_a_row() {
  for (auto b = static_cast<int>(bug::none); b < static_cast<int>(bug::end); ++b)
    if (!has_a_row(static_cast<bug>(b))) return false;
  return true;
}
static_assert(all_have_a_row(), "a bug that can be built in has no row here");

} // namespace

std::span<const canary_row> all_canaries() { return table; }

const canary_row* find_canary(std::string_view name) {
  for (auto& c : all_canaries())
    if (c.name == name) return &c;
  return nullptr;
}

} // namespace rollcall::sim
