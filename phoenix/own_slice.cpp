#include "phoenix/own_slice.hpp"

namespace rollcall::phoenix {

void own_slice::put(const std::string& id, term pid, term topic, term key, term meta) {
  remove(id);
  const auto clock = ++clock_;
  by_id_[id] = clock;
  live_[clock] = {clock, std::move(pid), std::move(topic), std::move(key), std::move(meta)};
}

void own_slice::remove(const std::string& id) {
  const auto x = by_id_.find(id);
  if (x == by_id_.end()) return;
  ++clock_;
  if (x->second <= flushed_) ended_.push_back(x->second);
  live_.erase(x->second);
  by_id_.erase(x);
}

own_part own_slice::take_delta() {
  own_part x;
  x.what = own_part::form::delta;
  x.from = flushed_;
  x.to = clock_;
  x.cloud = std::move(ended_);
  ended_.clear();
  for (auto clock = flushed_ + 1; clock <= clock_; ++clock) x.cloud.push_back(clock);
  for (auto i = live_.upper_bound(flushed_); i != live_.end(); ++i) x.values.push_back(i->second);
  flushed_ = clock_;
  return x;
}

own_part own_slice::full() const {
  own_part x;
  x.what = own_part::form::full;
  x.to = clock_;
  for (const auto& [clock, value] : live_) x.values.push_back(value);
  return x;
}

} // namespace rollcall::phoenix
