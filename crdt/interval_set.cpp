#include "crdt/interval_set.hpp"

#include <algorithm>
#include <cassert>
#include <utility>

namespace rollcall::crdt {

void interval_set::insert(std::uint64_t a, std::uint64_t b) {
  if (a >= b) return;
  // Nearly all inserts are at the end.
  if (runs_.empty() || a > runs_.back().b) {
    runs_.push_back({a, b});
    return;
  }
  // All intervals that touch (a, b] become one: from the first that ends at or after a to the
  // last that begins at or before b.
  const auto first = std::lower_bound(runs_.begin(), runs_.end(), a,
                                      [](const interval& r, std::uint64_t v) { return r.b < v; });
  const auto last = std::upper_bound(first, runs_.end(), b,
                                     [](std::uint64_t v, const interval& r) { return v < r.a; });
  if (first == last) {
    runs_.insert(first, {a, b});
    return;
  }
  first->a = std::min(first->a, a);
  first->b = std::max(std::prev(last)->b, b);
  runs_.erase(std::next(first), last);
}

void interval_set::insert_all(const std::uint64_t* first, const std::uint64_t* last) {
  if (first == last) return;
  std::vector<interval> all;
  all.reserve(runs_.size() + static_cast<std::size_t>(last - first));
  const auto add = [&all](interval x) {
    if (!all.empty() && x.a <= all.back().b)
      all.back().b = std::max(all.back().b, x.b);
    else
      all.push_back(x);
  };
  auto run = runs_.begin();
  for (; first != last; ++first) {
    for (; run != runs_.end() && run->a < *first; ++run) add(*run);
    add({*first - 1, *first});
  }
  for (; run != runs_.end(); ++run) add(*run);
  runs_ = std::move(all);
}

std::size_t interval_set::intervals_with(std::uint64_t a, std::uint64_t b) const noexcept {
  const auto first = std::lower_bound(runs_.begin(), runs_.end(), a,
                                      [](const interval& r, std::uint64_t v) { return r.b < v; });
  const auto last = std::upper_bound(first, runs_.end(), b,
                                     [](std::uint64_t v, const interval& r) { return v < r.a; });
  return runs_.size() + 1 - static_cast<std::size_t>(last - first);
}

void interval_set::push_back(std::uint64_t x) {
  assert(x > last());
  if (!runs_.empty() && runs_.back().b == x - 1)
    runs_.back().b = x;
  else
    runs_.push_back({x - 1, x});
}

void interval_set::erase_up_to(std::uint64_t x) {
  const auto keep = std::upper_bound(runs_.begin(), runs_.end(), x,
                                     [](std::uint64_t v, const interval& r) { return v < r.b; });
  runs_.erase(runs_.begin(), keep);
  if (!runs_.empty()) runs_.front().a = std::max(runs_.front().a, x);
}

bool interval_set::contains(std::uint64_t x) const noexcept {
  const auto i = std::lower_bound(runs_.begin(), runs_.end(), x,
                                  [](const interval& r, std::uint64_t v) { return r.b < v; });
  return i != runs_.end() && i->a < x;
}

std::uint64_t interval_set::run_after(std::uint64_t x) const noexcept {
  const auto i = std::upper_bound(runs_.begin(), runs_.end(), x,
                                  [](std::uint64_t v, const interval& r) { return v < r.b; });
  return i != runs_.end() && i->a <= x ? i->b : x;
}

std::uint64_t interval_set::count() const noexcept {
  std::uint64_t n = 0;
  for (const auto& r : runs_) n += r.b - r.a;
  return n;
}

} // namespace rollcall::crdt
