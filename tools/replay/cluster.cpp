#include "tools/replay/cluster.hpp"

#include <utility>

namespace rollcall::replay {

node& cluster::start(const replica_id& id) {
  auto& slot = lives_[id];
  slot = std::make_unique<node>(id, bounds_, pids_);
  living_[id.name] = slot.get();
  return *slot;
}

node* cluster::living(const std::string& name) const {
  const auto i = living_.find(name);
  return i == living_.end() ? nullptr : i->second;
}

bool cluster::is_living(const replica_id& id) const {
  const auto* x = living(id.name);
  return x && x->id() == id;
}

node* cluster::any(const replica_id& id) const {
  const auto i = lives_.find(id);
  return i == lives_.end() ? nullptr : i->second.get();
}

bool cluster::foreign(const std::string& pid, const replica_id& life) const {
  const auto i = owners_.find(pid);
  return i != owners_.end() && i->second != life;
}

message cluster::cut_delta(node& x) {
  auto result = replay::cut_delta(x.store(), x.flushed, ++answers_, piece_);
  x.flushed = x.store().clock();
  return result;
}

message cluster::cut_answer(node& from, const node& asker) {
  return replay::cut_answer(from.store(), asker.store(), ++answers_, piece_);
}

reported cluster::merge(node& into, const message& what, bool& moved) {
  auto outcome = replay::merge(into.store(), what, bounds_);
  moved = outcome.moved;
  auto result = settle(into, outcome.changes);
  if (result.problem.empty()) result.problem = std::move(outcome.problem);
  if (result.problem.empty()) result.problem = judge(into);
  return result;
}

std::string cluster::judge(const node& x) const {
  const auto held = x.held(topics_);
  for (const auto& life : x.store().slices()) {
    const auto* owner = any(life);
    if (!owner) continue; // opened by name, never started
    const auto i = held.find(life);
    auto why =
        owner->history().judge(i == held.end() ? value_set{} : i->second, x.store().prefix(life));
    if (!why.empty()) return why;
  }
  return {};
}

bool cluster::clocks_agree() const {
  for (const auto& [name, x] : living_)
    for (const auto& life : x->up())
      if (is_living(life) && x->store().prefix(life) != any(life)->store().clock()) return false;
  return true;
}

std::string cluster::pull_until_rest() {
  for (bool any_moved = true; any_moved;) {
    any_moved = false;
    for (const auto& [asker_name, asker] : living_) {
      for (const auto& [name, from] : living_) {
        if (from == asker) continue;
        bool moved = false;
        const auto answer = cut_answer(*from, *asker);
        auto result = merge(*asker, answer, moved);
        if (!result.problem.empty()) return std::move(result.problem);
        any_moved |= moved;
      }
    }
  }
  return {};
}

} // namespace rollcall::replay
