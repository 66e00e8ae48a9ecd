#include "tools/replay/ledger.hpp"

#include <tuple>

namespace rollcall::replay {

std::string ledger::born(const value& x) {
  ++clock_;
  if (x.dot != clock_)
    return "a join at clock " + std::to_string(clock_) + " has another dot: " + to_string(x);
  lives_.emplace(x.dot, life{x, 0});
  return {};
}

std::string ledger::died(const value& x) {
  ++clock_;
  const auto i = lives_.find(x.dot);
  if (i == lives_.end() || i->second.died != 0 || i->second.what != x)
    return "a leave of what was not there: " + to_string(x);
  i->second.died = clock_;
  return {};
}

std::string ledger::judge(const value_set& copy, crdt::clock_value prefix) const {
  if (prefix > clock_)
    return "a copy is at clock " + std::to_string(prefix) + ", its owner at "
           + std::to_string(clock_);
  std::set<std::tuple<std::string, std::string, std::string>> places;
  for (const auto& x : copy) {
    const auto i = lives_.find(x.dot);
    if (i == lives_.end() || i->second.what != x)
      return "a copy holds what never was: " + to_string(x);
    if (const auto died = i->second.died; x.dot <= prefix && died != 0 && died <= prefix)
      return "not complete: at clock " + std::to_string(prefix) + " a copy holds what died at "
             + std::to_string(died) + ": " + to_string(x);
    if (!places.emplace(x.topic, x.key, x.pid).second)
      return "a copy holds two of one topic, key and pid: " + to_string(x);
  }
  for (const auto& [dot, x] : lives_) {
    if (dot > prefix) break;
    if (x.died == 0 && copy.count(x.what) == 0)
      return "not sound: at clock " + std::to_string(prefix)
             + " a copy lacks what lives: " + to_string(x.what);
  }
  return {};
}

value_set ledger::living() const {
  value_set result;
  for (const auto& [dot, x] : lives_)
    if (x.died == 0) result.insert(x.what);
  return result;
}

} // namespace rollcall::replay
