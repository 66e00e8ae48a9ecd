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
  };
  at(*l.sender).node = from;
  auto& newest = newest_[node];
  if (!newest || newest->id.inc < l.sender->id.inc) {
    if (newest) end(*newest); // superseded
    newest = l.sender;
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
  for (auto& r : did.reports) {
    if (r.changes.empty()) fail("S10: an empty report", machine);
    if (r.whose.name == machine.self().name)
      own(r, machine);
    else
      foreign(r, machine, now);
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
  for (auto& e : events) {
    if (e.what != what::up && e.what != what::down && e.what != what::permdown) continue;
    auto* l = truth_.find(e.whose);
    if (!l) fail("S6: " + rollcall::to_string(e.whose) + " never was, and is told of", machine);
    auto& s = at(*l);
    switch (e.what) {
    case what::up:
      if (s.up) fail("S10: up is told of who is up: " + rollcall::to_string(e.whose), machine);
      s.held = s.up = true;
      break;
    case what::down:
      if (!s.up) fail("S10: down is told of who is down: " + rollcall::to_string(e.whose), machine);
      s.up = false;
      break;
    default:
      s.held = s.up = false;
      s.prefix = 0;
      s.beyond.clear();
      s.forgotten = 0;
    }
    touch(*l);
  }
}

void observer::own(const cluster::report& r, const cluster::gossip& machine) {
  auto& table = machine.state().table();
  auto* l = truth_.find(r.whose);
  if (!l) fail("S2: a report of a life that was never begun", machine);
  const bool former = r.whose != machine.self(); // the leaves of a rebirth
  for (auto& c : r.changes) {
    if (former && c.join) fail("S2: a join in a former life", machine);
    if (c.join) {
      joined(truth_.born(*l, table, c.what));
    } else {
      const auto d = table.dot_of(c.what);
      const auto* f = l->at(d);
      if (!f) fail("S2: a leave of what never was", machine);
      left(*f);
      former ? truth_.buried(*l, d) : truth_.died(*l, d);
    }
  }
}

void observer::foreign(const cluster::report& r, const cluster::gossip& machine, instant now) {
  auto& table = machine.state().table();
  auto* l = truth_.find(r.whose);
  if (!l)
    fail("S6: sound: a report of a replica that never was: " + rollcall::to_string(r.whose),
         machine);
  for (auto& c : r.changes) {
    const auto* f = l->at(table.dot_of(c.what));
    if (!f)
      fail("S6: sound: never was: dot " + std::to_string(table.dot_of(c.what)) + " of "
               + rollcall::to_string(r.whose),
           machine);
    if (!truth::same(*f, table.view(c.what)))
      fail("S6: sound: looks different: " + to_string(*f), machine);
    if (!c.join) {
      left(*f);
      continue;
    }
    check_returned(*l, *f, now);
    joined(*f);
  }
}

/// S4. The memory of a life that is over is bounded in time, unless the one
/// after it is held.
void observer::check_returned(const life& l, const fact& f, instant now) {
  auto& s = at(l);
  if (!s.final) return;
  const auto* newest = newest_[static_cast<std::size_t>(s.node)];
  if (now - s.final_at < opt_.permdown_period || (newest != &l && at(*newest).held))
    throw violation("S4: ghost: a life that is over is back: " + to_string(f));
}

void observer::joined(const fact& f) {
  auto& s = at(*f.of);
  if (!insert_dot(s.shown, f)) throw violation("S10: join of a present one: " + to_string(f));
  if (s.identities.size() <= f.no) s.identities.resize(f.no + 1);
  if (s.identities[f.no]) throw violation("S9: unique: seen twice: " + to_string(f));
  s.identities[f.no] = true;
  if (!ended_.empty())
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
