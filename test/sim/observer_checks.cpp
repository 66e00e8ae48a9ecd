// Holding what a machine has against what its owners did.
#include "test/sim/observer.hpp"

#include <algorithm>
#include <set>
#include <unordered_map>

namespace rollcall::sim {

namespace {

[[noreturn]] void fail(const std::string& what, const cluster::gossip& at) {
  throw violation(what + ", at " + rollcall::to_string(at.self()));
}

} // namespace

void observer::check_all(const cluster::gossip& machine) {
  std::size_t up = 0;
  for (auto& r : machine.replicas()) {
    if (r.id == machine.self()) continue;
    const auto* l = truth_.find(r.id);
    if (!l) fail("S6: sound: holds a replica that never was", machine);
    const bool is_up = r.status == cluster::replica_status::up;
    if (!at(*l).held || at(*l).up != is_up)
      fail("S10: the events told otherwise of " + rollcall::to_string(r.id), machine);
    ++up;
    check_slice(machine, *l);
  }
  const auto held = static_cast<std::size_t>(
      std::count_if(lives_.begin(), lives_.end(), [](auto& s) { return s.held; }));
  if (held != up) fail("S10: the events told of more replicas than are held", machine);
  if (!machine.state().sweeping())
    for (std::size_t i = 0; i < lives_.size(); ++i)
      if (!lives_[i].held && !lives_[i].shown.empty() && truth_.lives()[i]->id != machine.self()
          && !machine.state().leaving(truth_.lives()[i]->id))
        fail("S4: of one that is permdown, still shown: "
                 + rollcall::to_string(truth_.lives()[i]->id),
             machine);
  for (auto& [topic, members] : by_topic_) check_topic(machine, topic, members);
  if (machine.state().table().topics().size() != by_topic_.size())
    fail("S10: topics differ", machine);
  check_bounds(machine);
  check_table(machine);
}

// -- reads --------------------------------------------------------------------

void observer::check_topic(const cluster::gossip& machine, std::string_view topic,
                           const fact_list& want) const {
  auto& table = machine.state().table();
  const auto shown = table.list(topic);
  if (shown.size() != want.size() || table.count(topic) != want.size())
    fail("S10: diffs say " + std::to_string(want.size()) + ", list " + std::to_string(shown.size())
             + ", count " + std::to_string(table.count(topic)) + " in " + std::string{topic},
         machine);
  std::size_t i = 0;
  for (auto p : shown) {
    const auto* f = want[i];
    if (!truth::same(*f, p)) {
      // Twice the same ref: a rebirth, of which the leaves still come in pieces.
      auto equal = [&](const fact* x) { return x->key() == f->key() && x->ref == f->ref; };
      auto other = std::find_if(want.begin(), want.end(),
                                [&](const fact* x) { return equal(x) && truth::same(*x, p); });
      if (other == want.end())
        fail("S10: list shows what no diff told, or out of order: " + std::string{p.key()},
             machine);
    }
    ++i;
  }
  if (want.empty()) return;
  const auto& key = want[want.size() / 2]->key();
  const auto n =
      std::count_if(want.begin(), want.end(), [&](const fact* x) { return x->key() == key; });
  if (table.get_by_key(topic, key).size() != static_cast<std::size_t>(n))
    fail("S10: get_by_key shows another number of " + key, machine);
}

// -- slices -------------------------------------------------------------------

void observer::check_slice(const cluster::gossip& machine, const life& l) {
  if (l.id.name == machine.self().name) return;
  auto& st = machine.state();
  auto& seen = at(l);
  const auto* copy = static_cast<const crdt::remote_slice*>(st.find(l.id));
  if (!copy) {
    if (seen.held)
      fail("S10: no event told that it is gone: " + rollcall::to_string(l.id), machine);
    return;
  }
  if (!seen.held)
    fail("S4: its slice is held, and no event told of " + rollcall::to_string(l.id), machine);
  if (copy->prefix > l.clock) fail("S6: sound: knows what has not happened yet", machine);
  check_known(machine, seen, *copy);
  if (copy->beyond.intervals() > opt_.limits.max_beyond) fail("S11: gaps", machine);
  const bool believed = !(lies_ && copy->hearsay);
  for (auto* f : l.alive)
    if (believed && copy->knows(f->dot) && copy->living.find(f->dot) == 0)
      fail("S6: sound: lost: " + to_string(*f), machine);

  std::size_t held = 0;
  static thread_local std::vector<identity_no> ids;
  ids.clear();
  copy->living.walk(0, ~crdt::dot{0}, [&](crdt::dot d, crdt::handle h) {
    ++held;
    const auto* f = l.at(d);
    if (!f) fail("S6: sound: holds what never was", machine);
    if (believed && d <= copy->prefix && f->died != 0 && f->died <= copy->prefix)
      fail("S6: complete: holds the dead: " + to_string(*f) + ", prefix "
               + std::to_string(copy->prefix),
           machine);
    ids.push_back(f->no);
    if (st.table().visible(h) != (find_dot(seen.shown, d) != nullptr))
      fail("S10: shown or hidden otherwise than reported: " + to_string(*f), machine);
    return true;
  });
  std::sort(ids.begin(), ids.end());
  if (auto i = std::adjacent_find(ids.begin(), ids.end()); i != ids.end())
    fail("S9: unique: held twice: " + truth_.identity_at(*i).key, machine);
  // While pieces of it are still to be hidden or shown, some of both are true.
  // Of one that is leaving some may be taken over, or all hidden: S12, S13.
  if (!st.sweeping() && !st.leaving(l.id) && seen.shown.size() != (seen.up ? held : 0))
    fail("S10: sees " + std::to_string(seen.shown.size()) + " of " + std::to_string(held) + " of "
             + rollcall::to_string(l.id),
         machine);
}

/// S5: what was known is known still.
void observer::check_known(const cluster::gossip& machine, sight& seen,
                           const crdt::remote_slice& copy) {
  if (seen.forgotten != copy.forgotten) { // its owner tells it anew
    seen.forgotten = copy.forgotten;
    seen.prefix = 0;
    seen.beyond.clear();
  }
  bool kept = copy.prefix >= seen.prefix;
  for (auto& run : seen.beyond) {
    const auto from = std::max(run.a, copy.prefix);
    kept = kept && (from >= run.b || copy.beyond.run_after(from) >= run.b);
  }
  if (!kept) fail("S5: a known clock is forgotten, of " + rollcall::to_string(copy.id), machine);
  seen.prefix = copy.prefix;
  seen.beyond = copy.beyond.runs();
}

/// How many deltas of that frame may be applied: all ranges, and the parts that
/// follow what was applied before them.
std::uint64_t observer::may_apply(const cluster::gossip& machine, const letter& l) const {
  std::uint64_t n = l.ranges.size();
  for (std::size_t i = 0; i < l.parts.size(); ++i) {
    const auto& p = l.parts[i];
    const auto* copy = static_cast<const crdt::remote_slice*>(
        p.of->id.name == machine.self().name ? nullptr : machine.state().find(p.of->id));
    const bool ranged = std::find(l.ranges.begin(), l.ranges.end(), p.of) != l.ranges.end();
    bool turn = p.x == 0;
    auto prefix = copy ? copy->prefix : 0;
    if (copy) turn = turn || (copy->progress.y == p.x && copy->progress.answer == p.answer);
    for (std::size_t j = 0; j < i; ++j) // earlier in this frame
      if (auto& q = l.parts[j]; q.of == p.of && q.answer == p.answer) {
        turn = turn || q.y == p.x;
        prefix = std::max(prefix, q.y);
      }
    n += turn && (ranged || prefix >= p.a);
  }
  return n;
}

// -- limits and time ----------------------------------------------------------

void observer::check_bounds(const cluster::gossip& machine) const {
  auto& lim = opt_.limits;
  auto& st = machine.state();
  const auto held = machine.holdings();
  auto bound = [&](const char* what, std::size_t is, std::size_t most) {
    if (is > most)
      fail(std::string{"S11: "} + what + ": " + std::to_string(is) + " of " + std::to_string(most),
           machine);
  };
  bound("removal log", st.removal_log_size(), lim.max_removal_log);
  bound("ended lives", held.ended, lim.max_ended);
  bound("lives", held.lives, lim.max_replicas);
  bound("peers", held.peers, lim.max_replicas + std::max<std::size_t>(1024, lim.max_replicas));
  bound("bytes under way", held.most_outstanding, lim.max_outstanding_bytes);
  bound("answers", held.answers, held.peers);
  bound("pulls", held.pulls, held.peers);
  bound("frames being merged", held.merging, held.peers);
  bound("presences", st.table().size(), lim.max_presences);
}

/// What the table holds is what the slices hold, and `dirty_list` shows it.
void observer::check_table(const cluster::gossip& machine) const {
  auto& st = machine.state();
  // What is being given up, or of a life that is over, is in the table, and in no slice.
  if (st.sweeping() || st.lingering() > 0) return;
  std::unordered_map<std::string_view, std::size_t> held;
  std::size_t all = 0;
  for (auto& r : machine.replicas()) {
    const auto* l = truth_.find(r.id);
    st.find(r.id)->living.walk(0, ~crdt::dot{0}, [&](crdt::dot d, crdt::handle) {
      const auto* f = l->at(d);
      if (!f) fail("S6: sound: holds what never was", machine);
      ++held[f->topic()];
      ++all;
      return true;
    });
  }
  if (st.table().size() != all)
    fail("S4: the table holds " + std::to_string(st.table().size()) + ", the slices "
             + std::to_string(all),
         machine);
  for (auto& [topic, n] : held)
    if (st.table().dirty_list(topic).size() != n)
      fail("S10: dirty_list shows " + std::to_string(st.table().dirty_list(topic).size()) + " of "
               + std::to_string(n) + " in " + std::string{topic},
           machine);
}

void observer::check_silence(const cluster::gossip& machine, instant now) const {
  const auto most = opt_.effective_down_period() + opt_.broadcast_period;
  for (std::size_t i = 0; i < lives_.size(); ++i) {
    const auto& s = lives_[i];
    if (s.up && now - std::max(s.heard, stalled_at_) > most)
      fail("L3: silent for " + std::to_string((now - std::max(s.heard, stalled_at_)).count())
               + " ms, and still up: " + rollcall::to_string(truth_.lives()[i]->id),
           machine);
  }
}

} // namespace rollcall::sim
