#include "tools/replay/node.hpp"

#include <algorithm>

namespace rollcall::replay {

namespace {

void sweep_to_the_end(crdt::store& store, std::size_t batch, crdt::changes& out) {
  replica_id whose;
  while (store.sweep(batch, whose, out)) {
  }
}

} // namespace

node::node(const replica_id& id, const limits& bounds, pid_numbers& pids)
    : bounds_(bounds), pids_(&pids), store_(id, bounds) {}

void node::replica_up(const replica_id& life, crdt::changes& out) {
  if (life == id()) return;
  if (store_.holds(life))
    store_.set_visible(life, true);
  else if (!store_.open(life))
    return;
  up_.insert(life);
  sweep_to_the_end(store_, bounds_.batch, out);
}

void node::replica_down(const replica_id& life, crdt::changes& out) {
  up_.erase(life);
  if (!store_.holds(life)) return;
  store_.set_visible(life, false);
  sweep_to_the_end(store_, bounds_.batch, out);
}

void node::permdown(const replica_id& life, crdt::changes& out) {
  up_.erase(life);
  if (!store_.holds(life)) return;
  store_.drop(life);
  sweep_to_the_end(store_, bounds_.batch, out);
}

value node::read(const presence_view& x) const {
  return value{std::string{x.topic()},        pids_->pid(x.actor()), std::string{x.key()},
               std::string{x.meta().bytes()}, x.replica(),           x.ref().clock};
}

std::string node::fold(const crdt::change& change, reported& out) {
  const auto x = read(store_.table().view(change.what));
  const bool own = x.life == id();
  if (change.join) {
    if (!folded_.insert(x).second) return "rule 3: a join of what is present: " + to_string(x);
    out.joins.insert(x);
    return own ? ledger_.born(x) : std::string{};
  }
  if (folded_.erase(x) == 0) return "rule 3: a leave of what is absent: " + to_string(x);
  out.leaves.insert(x);
  return own ? ledger_.died(x) : std::string{};
}

reported node::settle(const crdt::changes& changes, const std::set<std::string>& topics) {
  reported result;
  store_.publish();
  for (const auto& c : changes) {
    result.problem = fold(c, result);
    if (!result.problem.empty()) return result;
  }
  const auto shown = online();
  if (shown != folded_) {
    result.problem = "rule 3: the folded diffs and what is online differ: "
                     + difference("folded", folded_, "online", shown);
    return result;
  }
  if (store_.clock() != ledger_.clock()) {
    result.problem = "the clock is " + std::to_string(store_.clock()) + " after "
                     + std::to_string(ledger_.clock()) + " joins and leaves";
    return result;
  }
  for (const auto& [life, values] : held(topics)) {
    if (life == id() ? values != ledger_.living() : !store_.holds(life)) {
      result.problem = "holds what it should not, of " + life_name(life);
      return result;
    }
  }
  return result;
}

value_set node::online() const {
  value_set result;
  const auto& table = *store_.shared_table();
  for (const auto& [topic, count] : table.topics())
    for (const auto x : table.list(topic)) result.insert(read(x));
  return result;
}

std::map<replica_id, value_set> node::held(const std::set<std::string>& topics) const {
  std::map<replica_id, value_set> result;
  const auto& table = *store_.shared_table();
  for (const auto& topic : topics)
    for (const auto x : table.dirty_list(topic)) {
      auto v = read(x);
      auto& of_life = result[v.life];
      of_life.insert(std::move(v));
    }
  return result;
}

std::string node::check_query(const std::string& topic, const std::string& key) const {
  const auto& table = *store_.shared_table();
  value_set of_topic, of_key, found;
  for (const auto& x : folded_) {
    if (x.topic != topic) continue;
    of_topic.insert(x);
    if (x.key == key) of_key.insert(x);
  }
  for (const auto x : table.get_by_key(topic, key)) found.insert(read(x));
  if (found != of_key)
    return "get_by_key and what is online differ: "
           + difference("get_by_key", found, "online", of_key);
  if (table.count(topic) != of_topic.size())
    return "count says " + std::to_string(table.count(topic)) + " of "
           + std::to_string(of_topic.size());
  return {};
}

} // namespace rollcall::replay
