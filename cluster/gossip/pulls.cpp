#include "cluster/gossip/pulls.hpp"

#include "base/canary.hpp"

#include <algorithm>

namespace rollcall::cluster {

bool pull_state::may_ask(instant now, instant period) {
  if (!open_) return true;
  if (now - open_->at < period || canary(bug::debounce)) return false;
  ++timeouts_;
  return true;
}

void pull_state::asked(instant now, std::optional<answer_position> at) {
  const bool moved = at && open_ && open_->moved; // within one answer
  open_ = pull{now, std::move(at), moved};
}

bool pull_state::waits_for(const answer_position& at) const noexcept {
  if (!open_) return false;
  if (!open_->next) return at.k == 0;
  const auto& awaited = open_->next->answer;
  if (at.answer == awaited) return at.k == open_->next->k;
  return at.k == 0 && begun_after(at.answer, awaited);
}

void pull_state::came(bool moved) noexcept {
  timeouts_ = 0;
  open_->moved |= moved;
}

bool pull_state::finish() noexcept {
  const bool moved = open_ && open_->moved;
  open_.reset();
  return moved;
}

void pull_state::heard(clock_list ahead) {
  clocks_ = std::move(ahead);
  heard_ = true;
}

void pull_state::forget_clocks() noexcept {
  clocks_.clear();
  heard_ = false;
}

crdt::clock_value clock_of(const clock_list& list, const replica_id& who) noexcept {
  auto less = [](const auto& entry, const replica_id& id) { return entry.first < id; };
  auto i = std::lower_bound(list.begin(), list.end(), who, less);
  return i != list.end() && i->first == who ? i->second : 0;
}

std::vector<std::string_view> choose(std::vector<candidate> peers,
                                     const std::vector<missing_range>& missing) {
  std::vector<std::string_view> chosen;
  if (missing.empty()) return chosen;
  // For each candidate, the indices of the ranges that it covers.
  std::vector<std::vector<std::size_t>> covers(peers.size());
  for (std::size_t p = 0; p < peers.size(); ++p)
    for (std::size_t i = 0; i < missing.size(); ++i)
      if (missing[i].whose.name == peers[p].name
          || (!missing[i].owner_only && peers[p].clocks
              && clock_of(*peers[p].clocks, missing[i].whose) >= missing[i].upto))
        covers[p].push_back(i);

  std::vector<bool> open(missing.size(), true);
  std::size_t left = missing.size();
  while (left > 0) {
    std::size_t best = peers.size(), most = 0;
    bool best_mute = true;
    for (std::size_t p = 0; p < peers.size(); ++p) {
      auto& mine = covers[p];
      std::erase_if(mine, [&](std::size_t i) { return !open[i]; });
      if (mine.empty()) continue;
      const bool mute = peers[p].mute && !canary(bug::rotate);
      if (most == 0 || (best_mute && !mute) || (best_mute == mute && mine.size() > most)) {
        best = p;
        most = mine.size();
        best_mute = mute;
      }
    }
    if (most == 0) break; // no candidate knows the rest
    chosen.push_back(peers[best].name);
    for (auto i : covers[best]) open[i] = false;
    left -= most;
  }
  return chosen;
}

} // namespace rollcall::cluster
