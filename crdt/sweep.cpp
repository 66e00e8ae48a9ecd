#include "crdt/sweep.hpp"

#include "base/canary.hpp"
#include "crdt/store.hpp"
#include "crdt/view.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rollcall::crdt {

void sweeper::turn(remote_slice& s) {
  for (auto& j : jobs_)
    if (j.what == &s) {
      j.cursor = 0;
      return;
    }
  if (!s.living.empty()) jobs_.push_back({&s, nullptr, 0});
}

void sweeper::give_up(std::unique_ptr<remote_slice> s) {
  const auto old =
      std::find_if(jobs_.begin(), jobs_.end(), [&](const job& j) { return j.what == s.get(); });
  if (old != jobs_.end()) jobs_.erase(old);
  showing_.end_leaving(*s);
  if (s->living.empty()) {
    table_.close_slice(s->no);
    return;
  }
  auto* what = s.get();
  jobs_.push_back({what, std::move(s), 0});
}

bool sweeper::giving_up(const replica_id& id) const {
  return std::any_of(jobs_.begin(), jobs_.end(),
                     [&](const job& j) { return j.owned && j.owned->id == id; });
}

bool sweeper::giving_up(std::string_view name) const {
  return std::any_of(jobs_.begin(), jobs_.end(),
                     [&](const job& j) { return j.owned && j.owned->id.name == name; });
}

std::size_t sweeper::given_up() const {
  return static_cast<std::size_t>(
      std::count_if(jobs_.begin(), jobs_.end(), [](const job& j) { return j.owned != nullptr; }));
}

bool sweeper::step(std::size_t max, replica_id& whose, changes& out) {
  auto budget = std::max<std::size_t>(max, 1);
  const auto before = out.size();
  while (!jobs_.empty() && budget > 0 && out.size() == before) {
    auto j = std::move(jobs_.front());
    jobs_.pop_front();
    whose = j.what->id;
    if (!work(j, budget, out)) jobs_.push_back(std::move(j));
  }
  return out.size() > before || !jobs_.empty();
}

bool sweeper::work(job& j, std::size_t& budget, changes& out) {
  auto& s = *j.what;
  if (j.owned) {
    s.living.take_back(budget, [&](dot, handle h) {
      --budget;
      if (table_.visible(h)) out.push_back({h, false, s.why_hidden});
      canary(bug::permdown_index) ? table_.set_visible_later(h, false) : table_.erase_later(h);
    });
    carry_out();
    if (!s.living.empty()) return false;
    table_.close_slice(s.no);
    return true;
  }
  const auto done = s.living.walk(j.cursor, UINT64_MAX, [&](dot d, handle h) {
    if (budget == 0) return false;
    --budget;
    j.cursor = d;
    if (s.has_taken && !s.leaving) table_.untake(h);
    const bool show = s.shown && !table_.taken(h);
    if (table_.visible(h) != show) {
      table_.set_visible_later(h, show);
      out.push_back({h, show, s.why_hidden});
      if (show && canary(bug::twice_on_up)) out.push_back({h, true});
    }
    return true;
  });
  carry_out();
  if (done && !s.leaving) s.has_taken = false;
  return done;
}

void sweeper::carry_out() {
  std::vector<handle> none;
  table_.carry_out(none);
  assert(none.empty());
}

} // namespace rollcall::crdt
