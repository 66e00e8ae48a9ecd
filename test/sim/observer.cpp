// Folding what a machine reports.
#include "test/sim/observer.hpp"

#include <algorithm>
#include <tuple>

namespace rollcall::sim {

namespace {

[[noreturn]] void fail(const std::string& what, const cluster::gossip& at) {
  throw violation(what + ", at " + rollcall::to_string(at.self()));
}

/// As `list` orders: key, then ref; then, as a rebirth keeps refs, life.
bool before(const fact* a, const fact* b) {
  return std::tie(a->key(), a->ref, a->of->number) < std::tie(b->key(), b->ref, b->of->number);
}

std::uint64_t slot(const fact& f) { return (std::uint64_t{f.of->number} << 32) | f.no; }

} // namespace

observer::sight& observer::at(const life& l) {
  if (lives_.size() <= l.number) lives_.resize(l.number + 1);
  return lives_[l.number];
}

const fact_list& observer::of(const life& l) const {
  static const fact_list none;
  return l.number < lives_.size() ? lives_[l.number].shown : none;
}

bool observer::sees(std::string_view topic, std::string_view key) const {
  const auto i = by_topic_.find(topic);
  return i != by_topic_.end()
         && std::any_of(i->second.begin(), i->second.end(),
                        [&](const fact* f) { return f->key() == key; });
}

bool observer::sees_the_dead() const {
  for (std::size_t i = 0; i < lives_.size(); ++i)
    if (!lives_[i].shown.empty() && truth_.lives()[i]->over) return true;
  return false;
}

void observer::touch(const life& l) {
  auto& s = at(l);
  if (std::exchange(s.touched, true)) return;
  touched_.push_back(&l);
}

// -- what comes in ------------------------------------------------------------

void observer::reads(const cluster::gossip& machine, const letter& l, int from, instant now) {
  if (l.newer || !l.sender) return;
  const auto node = static_cast<std::size_t>(from);
  if (newest_.size() <= node) newest_.resize(node + 1, nullptr);
  auto end = [&](const life& over) {
    auto& s = at(over);
    if (std::exchange(s.final, true)) return;
    s.final_at = now;
    if (s.lease || !s.up || !opt_.link_grace || &over == l.sender) return;
    const auto lost = node < grace_ends_.size() ? grace_ends_[node] : instant{0};
    // One that is overdue was not looked at in time, and may have been put off.
    s.lease = lost == instant{0} ? now + *opt_.link_grace : std::max(lost, now);
  };
  at(*l.sender).node = from;
  auto& newest = newest_[node];
  if (!newest || newest->id.inc < l.sender->id.inc) {
    if (newest) {
      end(*newest);
      at(*newest).superseded_by = l.sender;
    }
    newest = l.sender;
  }
  // A bye of one that is held down shows nothing of it again.
  if (auto& s = at(*l.sender);
      l.drain && !s.final && !s.gone && (s.up || s.lease || l.kind != cluster::frame_kind::bye)) {
    const auto until = now + std::min<instant>(*l.drain, opt_.permdown_period);
    s.lease = s.lease ? std::min(*s.lease, until) : until;
  }
  if (l.kind == cluster::frame_kind::bye)
    end(*l.sender);
  else
    at(*l.sender).heard = now;
  touch(*l.sender);
  for (auto* x : l.about) touch(*x);
  read_ = &l;
  may_apply_ = may_apply(machine, l);
}

void observer::link(int node, bool up, instant now) {
  const auto n = static_cast<std::size_t>(node);
  if (grace_ends_.size() <= n) grace_ends_.resize(n + 1, instant{0});
  grace_ends_[n] = up || !opt_.link_grace ? instant{0} : now + *opt_.link_grace;
}

void observer::ticks(instant now) {
  // Time in which we did not run is nobody's silence.
  if (last_tick_ < instant{0} || now - last_tick_ > opt_.broadcast_period * 3 / 2)
    stalled_at_ = now;
  last_tick_ = now;
}

// -- what a step did ----------------------------------------------------------

bool observer::saw(const cluster::gossip& machine, const cluster::actions& did,
                   std::uint64_t merges, instant now) {
  changed(did.events, machine);
  reborn_ = std::any_of(did.events.begin(), did.events.end(),
                        [](const auto& e) { return e.what == cluster::replica_change::reborn; });
  // While it drains it does things to its own that nobody sees.
  if (!did.own_changes.empty()) own(did.own_changes, machine);
  for (auto& r : did.reports) {
    if (r.changes.empty()) fail("S10: an empty report", machine);
    if (did.own_changes.empty() && r.whose.name == machine.self().name) own(r.changes, machine);
    folded(r, machine, now);
  }
  ended_.clear();
  static const fact_list none;
  for (auto topic : topics_) {
    const auto i = by_topic_.find(topic);
    check_topic(machine, topic, i == by_topic_.end() ? none : i->second);
  }
  topics_.clear();

  if (read_ && merges > may_apply_)
    fail("S7: a part was applied over a gap, or out of its turn", machine);
  if (!read_ && merges > 0) // a frame that a test made
    for (auto& l : truth_.lives()) touch(*l);
  read_ = nullptr;
  for (auto* l : touched_) {
    at(*l).touched = false;
    check_slice(machine, *l);
  }
  touched_.clear();
  check_bounds(machine);
  return !did.reports.empty();
}

void observer::changed(const std::vector<cluster::replica_event>& events,
                       const cluster::gossip& machine) {
  using what = cluster::replica_change;
  const auto evicted = std::exchange(evicted_, machine.stats().evicted);
  for (auto& e : events) {
    if (e.what != what::up && e.what != what::down && e.what != what::permdown) continue;
    auto* l = truth_.find(e.whose);
    if (!l) fail("S6: " + rollcall::to_string(e.whose) + " never was, and is told of", machine);
    auto& s = at(*l);
    switch (e.what) {
    case what::up:
      if (s.up) fail("S10: up is told of who is up: " + rollcall::to_string(e.whose), machine);
      s.held = s.up = true;
      s.gone = false;
      s.was_held = true;
      break;
    case what::down:
      if (!s.up) fail("S10: down is told of who is down: " + rollcall::to_string(e.whose), machine);
      s.up = false;
      break;
    default:
      s.held = s.up = false;
      s.gone = true;
      s.prefix = 0;
      s.beyond.clear();
      s.forgotten = 0;
      if (machine.stats().evicted > evicted) s.lease.reset(); // it made room
    }
    touch(*l);
  }
  if (machine.stats().evicted == evicted) return;
  // A former life that was still shown may have made room.
  for (auto& l : truth_.lives())
    if (auto& s = at(*l); s.gone && s.lease && !machine.state().leaving(l->id)) s.lease.reset();
}

/// What the owner did, for the truth.
void observer::own(const crdt::changes& all, const cluster::gossip& machine) {
  auto& table = machine.state().table();
  for (auto& c : all) {
    const auto& whose = table.view(c.what).replica();
    if (whose.name != machine.self().name) continue; // it was taken over
    auto* l = truth_.find(whose);
    if (!l) fail("S2: a report of a life that was never begun", machine);
    const bool former = whose != machine.self(); // the leaves of a rebirth
    if (former && c.join) fail("S2: a join in a former life", machine);
    if (c.join) {
      truth_.born(*l, table, c.what);
    } else {
      const auto d = table.dot_of(c.what);
      former ? truth_.buried(*l, d) : truth_.died(*l, d);
    }
  }
}

void observer::folded(const cluster::report& r, const cluster::gossip& machine, instant now) {
  fresh_.clear();
  replaced_.clear();
  auto& table = machine.state().table();
  for (auto& c : r.changes) {
    const auto& whose = table.view(c.what).replica();
    const auto* l = truth_.find(whose);
    const auto d = table.dot_of(c.what);
    const auto* f = l ? l->at(d) : nullptr;
    if (!f)
      fail("S6: sound: never was: dot " + std::to_string(d) + " of " + rollcall::to_string(whose),
           machine);
    if (!truth::same(*f, table.view(c.what)))
      fail("S6: sound: looks different: " + to_string(*f), machine);
    if (c.join) {
      auto& s = at(*l);
      const bool held = f->no < s.identities.size() && s.identities[f->no];
      const bool known = d <= s.prefix
                         || std::any_of(s.beyond.begin(), s.beyond.end(),
                                        [&](auto& run) { return run.a < d && d <= run.b; });
      // Of a life that lingers, what was being shown when it ended is still shown.
      if (l->id.name != machine.self().name && !machine.state().leaving(l->id))
        check_returned(*l, *f, now);
      // One of a life that is over is shown by a sweep: it was there before.
      const bool lives = s.held || l->id.name == machine.self().name;
      // Its life may hold another of this identity: what was hidden may be dead by now.
      const bool again = f->no < s.newest.size() && s.newest[f->no] != 0;
      if (lives && !held && !known && !again && ended_.find(slot(*f)) == ended_.end()
          && !f->prev_ref)
        fresh_.push_back(f);
      const auto last = ended_.find(slot(*f));
      if (last != ended_.end() && f->prev_ref == rollcall::ref{l->id.inc, last->second})
        replaced_.push_back(f);
      joined(*f, !(lies_ && machine.state().hearsay(l->id)));
    } else {
      left(*f);
      check_lease(*f, c.why, machine, now);
    }
  }
  check_moves(r, machine);
}

/// S12: what a leaving node had is shown until its lease is over, unless it took
/// it away itself or another presence took its place.
void observer::check_lease(const fact& f, leave_reason why, const cluster::gossip& machine,
                           instant now) {
  if (f.died != 0 || (crdt::known_to_owner(why) && why != leave_reason::node_left)) return;
  if (why == leave_reason::moved) return; // see check_moves
  const auto& s = at(*f.of);
  if (s.lease && now < *s.lease)
    fail("S12: left for " + std::string{rollcall::to_string(why)} + " "
             + std::to_string((*s.lease - now).count())
             + " ms before its lease is over: " + to_string(f),
         machine);
}

/// S12: a leave that is a move stands beside the join that it moved to. S13: a
/// join takes over one presence of its key that a leaving node shows, if there is
/// one, and no more; an update takes over none.
void observer::check_moves(const cluster::report& r, const cluster::gossip& machine) {
  auto& table = machine.state().table();
  std::map<std::pair<std::string_view, std::string_view>, std::pair<int, int>>
      moves; // joins, leaves
  for (auto& c : r.changes) {
    if (!c.join && c.why != leave_reason::moved) continue;
    const auto v = table.view(c.what);
    auto& n = moves[{v.topic(), v.key()}];
    ++(c.join ? n.first : n.second);
  }
  for (auto* f : replaced_) --moves[{f->topic(), f->key()}].first;
  for (auto& [where, n] : moves)
    if (n.second > n.first)
      fail("S13: " + std::to_string(n.second) + " moved to " + std::to_string(n.first) + ": "
               + std::string{where.second},
           machine);
  for (auto* f : fresh_) {
    const auto n = moves[{f->topic(), f->key()}];
    if (n.second >= n.first) continue;
    if (reborn_ && f->of->id == machine.self()) continue;
    if (n.first > 1) continue; // one of them may be no fresh one
    const auto i = by_topic_.find(f->topic());
    if (i == by_topic_.end()) continue;
    for (auto* g : i->second)
      if (g->key() == f->key() && g->of != f->of && machine.state().leaving(g->of->id))
        fail("S13: took nothing over: " + to_string(*f) + ", beside " + to_string(*g), machine);
  }
}

/// S4. The memory of a life that is over is bounded in time, unless the one
/// after it is held.
void observer::check_returned(const life& l, const fact& f, instant now) {
  auto& s = at(l);
  // Nobody knows of a life that found no room.
  if (!s.final || (s.superseded_by && !at(*s.superseded_by).was_held)) return;
  const auto* newest = newest_[static_cast<std::size_t>(s.node)];
  if (now - s.final_at < opt_.permdown_period || (newest != &l && at(*newest).held))
    throw violation("S4: ghost: a life that is over is back: " + to_string(f));
}

void observer::joined(const fact& f, bool believed) {
  auto& s = at(*f.of);
  if (!insert_dot(s.shown, f)) throw violation("S10: join of a present one: " + to_string(f));
  if (s.identities.size() <= f.no) s.identities.resize(f.no + 1);
  if (s.identities[f.no]) throw violation("S9: unique: seen twice: " + to_string(f));
  s.identities[f.no] = true;
  if (s.newest.size() <= f.no) s.newest.resize(f.no + 1);
  s.newest[f.no] = std::max(s.newest[f.no], f.dot);
  if (believed && !ended_.empty())
    if (const auto i = ended_.find(slot(f)); i != ended_.end() && i->second > f.dot)
      throw violation("S9: an older one replaces dot " + std::to_string(i->second) + ": "
                      + to_string(f));
  auto& all = by_topic_[f.topic()];
  all.insert(std::upper_bound(all.begin(), all.end(), &f, before), &f);
  if (std::find(topics_.begin(), topics_.end(), f.topic()) == topics_.end())
    topics_.push_back(f.topic());
  ++size_;
}

void observer::left(const fact& f) {
  auto& s = at(*f.of);
  if (!erase_dot(s.shown, f.dot)) throw violation("S10: leave of an absent one: " + to_string(f));
  s.identities[f.no] = false;
  auto& dot = ended_[slot(f)];
  dot = std::max(dot, f.dot);
  const auto t = by_topic_.find(f.topic());
  const auto i = std::lower_bound(t->second.begin(), t->second.end(), &f, before);
  t->second.erase(i);
  if (t->second.empty()) by_topic_.erase(t);
  if (std::find(topics_.begin(), topics_.end(), f.topic()) == topics_.end())
    topics_.push_back(f.topic());
  --size_;
}

} // namespace rollcall::sim
