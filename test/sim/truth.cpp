#include "test/sim/truth.hpp"

namespace rollcall::sim {

std::string to_string(const fact& f) {
  auto& [topic, key, actor] = f.who;
  auto s = rollcall::to_string(f.of->id) + " dot " + std::to_string(f.dot) + " (" + topic + "/"
           + key + "/" + std::to_string(actor) + ")";
  if (f.died == life::never_known)
    s += " buried";
  else if (f.died != 0)
    s += " died at " + std::to_string(f.died);
  return s;
}

life& truth::begin(const replica_id& id) {
  if (by_id_.contains(id)) throw violation("lives: begun twice: " + rollcall::to_string(id));
  auto& l = *lives_.emplace_back(std::make_unique<life>());
  l.id = id;
  l.number = lives_.size() - 1;
  by_id_.emplace(id, &l);
  return l;
}

life* truth::find(const replica_id& id) {
  auto i = by_id_.find(id);
  return i == by_id_.end() ? nullptr : i->second;
}

const fact& truth::born(life& l, const crdt::presence_table& table, crdt::handle h) {
  const auto view = table.view(h);
  auto f = std::make_unique<fact>();
  f->of = &l;
  f->dot = table.dot_of(h);
  f->who = {std::string{view.topic()}, std::string{view.key()}, view.actor()};
  f->meta = std::string{view.meta().bytes()};
  f->ref = view.ref();
  f->prev_ref = view.prev_ref();
  if (f->dot != ++l.clock)
    throw violation("own: a join took the wrong clock: " + to_string(*f) + ", not "
                    + std::to_string(l.clock));
  if (!l.refs.insert(f->ref).second)
    throw violation("own: a ref was given twice: " + to_string(*f));
  l.alive.emplace(f->dot, f.get());
  return *l.facts.emplace(f->dot, std::move(f)).first->second;
}

void truth::died(life& l, crdt::dot d) {
  auto i = l.facts.find(d);
  if (i == l.facts.end() || i->second->died != 0)
    throw violation("own: a leave of what does not live: " + rollcall::to_string(l.id) + " dot "
                    + std::to_string(d));
  i->second->died = ++l.clock;
  l.alive.erase(d);
}

void truth::buried(life& l, crdt::dot d) {
  auto i = l.facts.find(d);
  if (i == l.facts.end() || i->second->died != 0)
    throw violation("own: buried what does not live: " + rollcall::to_string(l.id) + " dot "
                    + std::to_string(d));
  i->second->died = life::never_known;
  l.alive.erase(d);
}

bool truth::same(const fact& f, const presence_view& p) {
  auto& [topic, key, actor] = f.who;
  return p.topic() == topic && p.key() == key && p.actor() == actor && p.meta().bytes() == f.meta
         && p.ref() == f.ref && p.prev_ref() == f.prev_ref && p.replica() == f.of->id;
}

} // namespace rollcall::sim
