#include "test/sim/observer.hpp"

#include "crdt/slice.hpp"

#include <utility>

namespace rollcall::sim {

namespace {

[[noreturn]] void fail(const std::string& what, const cluster::gossip& at) {
  throw violation(what + ", at " + rollcall::to_string(at.self()));
}

} // namespace

// -- folding ------------------------------------------------------------------

bool observer::fold(const cluster::gossip& machine, const cluster::actions& did) {
  for (auto& r : did.reports) {
    if (r.changes.empty()) fail("fold: an empty report", machine);
    if (r.whose.name == machine.self().name)
      own(r, machine);
    else
      foreign(r, machine);
  }
  for (auto& topic : touched_) check_topic(machine, topic);
  touched_.clear();
  return !did.reports.empty();
}

void observer::own(const cluster::report& r, const cluster::gossip& machine) {
  auto& table = machine.state().table();
  auto* l = truth_.find(r.whose);
  if (!l) fail("own: a report of a life that was never begun", machine);
  const bool former = r.whose != machine.self(); // the leaves of a rebirth
  for (auto& c : r.changes) {
    if (former && c.join) fail("own: a join in a former life", machine);
    if (c.join) {
      joined(truth_.born(*l, table, c.what));
    } else {
      const auto d = table.dot_of(c.what);
      auto i = l->facts.find(d);
      if (i == l->facts.end()) fail("own: a leave of what never was", machine);
      left(*i->second);
      former ? truth_.buried(*l, d) : truth_.died(*l, d);
    }
  }
}

void observer::foreign(const cluster::report& r, const cluster::gossip& machine) {
  auto& table = machine.state().table();
  auto* l = truth_.find(r.whose);
  if (!l)
    fail("sound: a report of a replica that never was: " + rollcall::to_string(r.whose), machine);
  for (auto& c : r.changes) {
    auto i = l->facts.find(table.dot_of(c.what));
    if (i == l->facts.end())
      fail("sound: never was: dot " + std::to_string(table.dot_of(c.what)) + " of "
               + rollcall::to_string(r.whose),
           machine);
    auto& f = *i->second;
    if (!truth::same(f, table.view(c.what)))
      fail("sound: looks different: " + to_string(f), machine);
    if (!c.join) {
      left(f);
      continue;
    }
    if (final_.contains(r.whose)) fail("final: a dead life is back: " + to_string(f), machine);
    joined(f);
  }
}

void observer::joined(const fact& f) {
  if (!by_life_[f.of->number].emplace(f.dot, &f).second)
    throw violation("fold: join of a present one: " + to_string(f));
  if (!identities_.emplace(f.of->number, f.who).second)
    throw violation("unique: seen twice: " + to_string(f));
  by_topic_[f.topic()].emplace(place{f.key(), f.ref, f.of->number}, &f);
  touched_.insert(f.topic());
  ++size_;
}

void observer::left(const fact& f) {
  auto i = by_life_.find(f.of->number);
  if (i == by_life_.end() || i->second.erase(f.dot) == 0)
    throw violation("fold: leave of an absent one: " + to_string(f));
  if (i->second.empty()) by_life_.erase(i);
  identities_.erase({f.of->number, f.who});
  auto t = by_topic_.find(f.topic());
  t->second.erase(place{f.key(), f.ref, f.of->number});
  if (t->second.empty()) by_topic_.erase(t);
  touched_.insert(f.topic());
  --size_;
}

void observer::check_topic(const cluster::gossip& machine, const std::string& topic) const {
  auto& table = machine.state().table();
  const auto shown = table.list(topic);
  auto i = by_topic_.find(topic);
  const std::size_t want = i == by_topic_.end() ? 0 : i->second.size();
  if (shown.size() != want || table.count(topic) != want)
    fail("fold: diffs say " + std::to_string(want) + ", list " + std::to_string(shown.size())
             + ", count " + std::to_string(table.count(topic)) + " in " + topic,
         machine);
  std::pair<std::string, rollcall::ref> before;
  for (auto p : shown) {
    const auto* l = truth_.find(p.replica());
    auto f = i->second.find(place{p.key(), p.ref(), l ? l->number : ~std::size_t{0}});
    if (f == i->second.end() || !truth::same(*f->second, p))
      fail("fold: list shows what no diff told: " + std::string{p.key()}, machine);
    // In order of key, then ref. Twice the same ref: a rebirth, of which the
    // leaves still come in pieces.
    std::pair at{std::string{p.key()}, p.ref()};
    if (at < before) fail("fold: list is out of order", machine);
    before = std::move(at);
  }
}

void observer::heard(const replica_id& who) {
  auto [i, first] = newest_.try_emplace(who.name, who.inc);
  if (!first && i->second < who.inc) final_.insert({who.name, std::exchange(i->second, who.inc)});
}

const observer::seen& observer::of(const life& l) const {
  static const seen none;
  auto i = by_life_.find(l.number);
  return i == by_life_.end() ? none : i->second;
}

bool observer::sees(std::string_view topic, std::string_view key) const {
  auto i = by_topic_.find(topic);
  if (i == by_topic_.end()) return false;
  auto j = i->second.lower_bound(place{key, {}, 0});
  return j != i->second.end() && std::get<0>(j->first) == key;
}

// -- slices -------------------------------------------------------------------

void observer::check(const cluster::gossip& machine, bool merged) {
  if (merged)
    for (auto& r : machine.replicas())
      if (r.id != machine.self()) check_slice(machine, r);
  check_bounds(machine);
}

void observer::check_all(const cluster::gossip& machine) {
  check(machine, true);
  for (auto& [topic, members] : by_topic_) check_topic(machine, topic);
  if (machine.state().table().topics().size() != by_topic_.size())
    fail("fold: topics differ", machine);
  check_dirty_lists(machine);
}

void observer::check_slice(const cluster::gossip& machine, const cluster::replica_info& r) const {
  auto& st = machine.state();
  const auto* l = truth_.find(r.id);
  if (!l) fail("sound: holds a replica that never was", machine);
  if (r.clock > l->clock) fail("sound: knows what has not happened yet", machine);
  const auto& slice = static_cast<const crdt::remote_slice&>(*st.find(r.id));
  if (slice.beyond.intervals() > opt_.limits.max_beyond) fail("bounds: gaps", machine);
  for (auto& [d, f] : l->alive)
    if (slice.living.find(d) == 0 && st.knows(r.id, d))
      fail("sound: lost: " + to_string(*f), machine);
  const auto& shown = of(*l);
  std::size_t held = 0;
  std::set<identity> ids;
  slice.living.walk(0, ~crdt::dot{0}, [&](crdt::dot d, crdt::handle h) {
    ++held;
    auto i = l->facts.find(d);
    if (i == l->facts.end()) fail("sound: holds what never was", machine);
    auto& f = *i->second;
    if (d <= r.clock && f.died != 0 && f.died <= r.clock)
      fail("complete: a ghost: " + to_string(f) + ", prefix " + std::to_string(r.clock), machine);
    if (!ids.insert(f.who).second) fail("unique: held twice: " + to_string(f), machine);
    if (st.table().visible(h) != shown.contains(d))
      fail("fold: shown or hidden otherwise than reported: " + to_string(f), machine);
    return true;
  });
  // While pieces of it are still to be hidden or shown, some of both are true.
  const bool up = r.status == cluster::replica_status::up;
  if (!st.sweeping() && shown.size() != (up ? held : 0))
    fail("fold: sees " + std::to_string(shown.size()) + " of " + std::to_string(held) + " of "
             + rollcall::to_string(r.id),
         machine);
}

void observer::check_dirty_lists(const cluster::gossip& machine) const {
  auto& st = machine.state();
  if (st.sweeping()) return; // what is being given up is in the table, and in no slice
  std::map<std::string, std::size_t> held;
  for (auto& r : machine.replicas())
    for (auto& [d, f] : truth_.find(r.id)->facts)
      held[f->topic()] += st.find(r.id)->living.find(d) != 0;
  for (auto& [topic, n] : held)
    if (st.table().dirty_list(topic).size() != n)
      fail("fold: dirty_list shows " + std::to_string(st.table().dirty_list(topic).size()) + " of "
               + std::to_string(n) + " in " + topic,
           machine);
}

void observer::check_bounds(const cluster::gossip& machine) const {
  auto& lim = opt_.limits;
  auto& st = machine.state();
  const auto held = machine.holdings();
  auto bound = [&](const char* what, std::size_t is, std::size_t most) {
    if (is > most)
      fail(std::string{"bounds: "} + what + ": " + std::to_string(is) + " of "
               + std::to_string(most),
           machine);
  };
  bound("removal log", st.removal_log_size(), lim.max_removal_log);
  bound("ended lives", held.ended, lim.max_ended);
  bound("peers", held.peers, lim.max_replicas);
  bound("bytes under way", held.most_outstanding, lim.max_outstanding_bytes);
  bound("answers", held.answers, held.peers);
}

} // namespace rollcall::sim
