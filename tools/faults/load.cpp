#include "tools/faults/load.hpp"

#include <iterator>

namespace rollcall::faults {

std::optional<operation> load::track(int who, cluster::random_stream& random, element_id& next_id) {
  auto& a = actors_[who];
  const auto places = static_cast<std::uint64_t>(settings_.topics * settings_.keys);
  auto at = static_cast<int>(random.up_to(places - 1));
  for (std::uint64_t i = 0; i < places; ++i, at = (at + 1) % static_cast<int>(places)) {
    const place p{at / settings_.keys, at % settings_.keys};
    if (a.presences.contains(p)) continue;
    a.waits = true;
    return operation{operation::kind::track, who, p.first, p.second, next_id++, {}};
  }
  return std::nullopt;
}

std::optional<operation> load::next(cluster::random_stream& random, element_id& next_id) {
  while (actors_.size() < static_cast<std::size_t>(settings_.actors)) actors_[next_actor_++];
  std::vector<int> free;
  for (const auto& [who, a] : actors_)
    if (!a.waits) free.push_back(who);
  if (free.empty()) return std::nullopt;
  const int who = free[random.up_to(free.size() - 1)];
  auto& a = actors_[who];
  const bool few = living_ < settings_.presences;
  const auto dice = random.up_to(99);
  if (a.presences.empty() || dice < (few ? 55u : 20u)) {
    if (auto op = track(who, random, next_id)) return op;
    if (a.presences.empty()) return std::nullopt;
  }
  a.waits = true;
  if (dice >= 97) {
    operation op{operation::kind::kill, who, 0, 0, 0, {}};
    for (const auto& [p, id] : a.presences) op.ends.push_back(id);
    return op;
  }
  const auto at = std::next(a.presences.begin(),
                            static_cast<std::ptrdiff_t>(random.up_to(a.presences.size() - 1)));
  if (dice < (few ? 85u : 65u))
    return operation{operation::kind::update, who,       at->first.first,
                     at->first.second,        next_id++, {at->second}};
  return operation{operation::kind::untrack, who, at->first.first,
                   at->first.second,         0,   {at->second}};
}

void load::answered(const operation& op, bool ok) {
  const auto found = actors_.find(op.actor);
  if (found == actors_.end()) return;
  auto& a = found->second;
  a.waits = false;
  if (!ok) return;
  living_ -= op.ends.size();
  if (op.what == operation::kind::kill) {
    actors_.erase(found);
    return;
  }
  if (op.adds != 0) {
    a.presences[{op.topic, op.key}] = op.adds;
    ++living_;
  } else {
    a.presences.erase({op.topic, op.key});
  }
}

} // namespace rollcall::faults
