#include "actors/long_copies.hpp"

#include <algorithm>
#include <utility>

namespace rollcall::actors {

void long_copies::add(std::vector<presence_list> lists, std::uint64_t who, done finish) {
  std::size_t total = 0;
  for (const auto& x : lists) total += x.size();
  auto& j = jobs_.emplace_back();
  j.lists = std::move(lists);
  if (!j.lists.empty()) j.at = j.lists.front().begin();
  j.made.reserve(total);
  j.who = who;
  j.finish = std::move(finish);
}

void long_copies::abandon(std::uint64_t who) {
  std::erase_if(jobs_, [who](const job& x) { return x.who == who; });
}

void long_copies::step(std::size_t budget) {
  while (!jobs_.empty() && work(jobs_.front(), budget)) {
    auto whole = std::move(jobs_.front());
    jobs_.pop_front();
    whole.finish(std::move(whole.made)); // may add another job
  }
}

void long_copies::fail(errc why) {
  for (auto& x : std::exchange(jobs_, {})) x.finish(make_error(why));
}

bool long_copies::work(job& x, std::size_t& budget) {
  while (x.list < x.lists.size()) {
    for (const auto end = x.lists[x.list].end(); x.at != end; ++x.at) {
      if (budget == 0) return false;
      --budget;
      x.made.push_back((*x.at).to_presence());
    }
    if (++x.list < x.lists.size()) x.at = x.lists[x.list].begin();
  }
  return true;
}

} // namespace rollcall::actors
