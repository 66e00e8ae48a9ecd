#include "test/sim/truth.hpp"

#include <algorithm>

namespace rollcall::sim {

std::string to_string(const fact& f) {
  auto s = rollcall::to_string(f.of->id) + " dot " + std::to_string(f.dot) + " (" + f.topic() + "/"
           + f.key() + "/" + std::to_string(f.who->actor) + ")";
  if (f.died == life::never_known)
    s += " buried";
  else if (f.died != 0)
    s += " died at " + std::to_string(f.died);
  return s;
}

namespace {

auto place(const fact_list& list, crdt::dot d) {
  return std::lower_bound(list.begin(), list.end(), d,
                          [](const fact* f, crdt::dot x) { return f->dot < x; });
}

} // namespace

const fact* find_dot(const fact_list& list, crdt::dot d) noexcept {
  const auto i = place(list, d);
  return i != list.end() && (*i)->dot == d ? *i : nullptr;
}

bool insert_dot(fact_list& list, const fact& f) {
  const auto i = place(list, f.dot);
  if (i != list.end() && (*i)->dot == f.dot) return false;
  list.insert(i, &f);
  return true;
}

bool erase_dot(fact_list& list, crdt::dot d) {
  const auto i = place(list, d);
  if (i == list.end() || (*i)->dot != d) return false;
  list.erase(i);
  return true;
}

life& truth::begin(const replica_id& id) {
  if (find(id)) throw violation("S5: a life was begun twice: " + rollcall::to_string(id));
  auto& l = *lives_.emplace_back(std::make_unique<life>());
  l.id = id;
  l.number = lives_.size() - 1;
  l.by_clock.push_back(nullptr);
  by_name_[id.name].push_back(&l);
  return l;
}

bool truth::is_below_an_ended(const replica_id& id) const {
  const auto i = by_name_.find(id.name);
  return i != by_name_.end() && std::any_of(i->second.begin(), i->second.end(), [&](const life* x) {
           return x->over && x->id.inc > id.inc;
         });
}

life* truth::find(const replica_id& id) {
  const auto i = by_name_.find(id.name);
  if (i == by_name_.end()) return nullptr;
  for (auto j = i->second.rbegin(); j != i->second.rend(); ++j) // the latest is meant most often
    if ((*j)->id.inc == id.inc) return *j;
  return nullptr;
}

identity_no truth::number_of(std::string_view topic, std::string_view key, std::uint64_t actor) {
  std::string all;
  all.reserve(topic.size() + key.size() + 24);
  all.append(topic).push_back('\0');
  all.append(key).push_back('\0');
  all += std::to_string(actor);
  const auto next = static_cast<identity_no>(identities_.size());
  const auto [i, fresh] = numbers_.try_emplace(std::move(all), next);
  if (fresh) identities_.push_back({std::string{topic}, std::string{key}, actor});
  return i->second;
}

const fact& truth::born(life& l, const crdt::presence_table& table, crdt::handle h) {
  const auto view = table.view(h);
  auto& f = facts_.emplace_back();
  f.of = &l;
  f.dot = table.dot_of(h);
  f.no = number_of(view.topic(), view.key(), view.actor());
  f.who = &identities_[f.no];
  f.meta = std::string{view.meta().bytes()};
  f.ref = view.ref();
  f.prev_ref = view.prev_ref();
  if (f.dot != ++l.clock)
    throw violation("S5: a join took the wrong clock: " + to_string(f) + ", not "
                    + std::to_string(l.clock));
  if (!l.refs.insert(f.ref).second) throw violation("S2: a ref was given twice: " + to_string(f));
  l.by_clock.resize(f.dot, nullptr);
  l.by_clock.push_back(&f);
  l.alive.push_back(&f);
  return f;
}

fact& truth::living(life& l, crdt::dot d, const char* what) {
  auto* f = l.at(d);
  if (!f || f->died != 0)
    throw violation(std::string{"S2: "} + what + " what does not live: " + rollcall::to_string(l.id)
                    + " dot " + std::to_string(d));
  return *f;
}

void truth::died(life& l, crdt::dot d) {
  living(l, d, "a leave of").died = ++l.clock;
  erase_dot(l.alive, d);
}

void truth::buried(life& l, crdt::dot d) {
  living(l, d, "buried").died = life::never_known;
  erase_dot(l.alive, d);
}

bool truth::same(const fact& f, const presence_view& p) {
  return p.topic() == f.topic() && p.key() == f.key() && p.actor() == f.who->actor
         && p.meta().bytes() == f.meta && p.ref() == f.ref && p.prev_ref() == f.prev_ref
         && p.replica() == f.of->id;
}

} // namespace rollcall::sim
