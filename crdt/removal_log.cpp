#include "crdt/removal_log.hpp"

#include "base/canary.hpp"

#include <algorithm>
#include <cassert>

namespace rollcall::crdt {

void removal_log::push(const entry& e) {
  assert(e.at > floor_ && (entries_.empty() || entries_.back().at < e.at) && e.what < e.at);
  entries_.push_back(e);
  if (entries_.size() > max_) {
    floor_ = entries_.front().at;
    entries_.pop_front();
    if (canary(bug::short_log) && !entries_.empty()) entries_.pop_front();
  }
}

removal_log::const_iterator removal_log::after(clock_value a) const {
  return std::upper_bound(entries_.begin(), entries_.end(), a,
                          [](clock_value v, const entry& e) { return v < e.at; });
}

} // namespace rollcall::crdt
