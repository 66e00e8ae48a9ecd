#include "phoenix/remote_slice.hpp"

#include <algorithm>
#include <set>

namespace rollcall::phoenix {

namespace {

std::string text_of(const term& x) {
  std::string out;
  encode(out, x);
  return out;
}

} // namespace

bool remote_slice::compare::operator()(const identity& a, const identity& b) const {
  const auto& [pid_a, topic_a, key_a] = a;
  const auto& [pid_b, topic_b, key_b] = b;
  if (pid_a != pid_b) return pid_a < pid_b;
  if (!(topic_a == topic_b)) return text_of(topic_a) < text_of(topic_b);
  return !(key_a == key_b) && text_of(key_a) < text_of(key_b);
}

bool remote_slice::merge(own_part&& part, std::size_t max_size, std::uint64_t& next_id,
                         std::vector<mirror_change>& out) {
  if (part.what == own_part::form::none) return true;
  const bool full = part.what == own_part::form::full;
  if (full ? part.to < known_ : part.to <= known_ && !part.cloud.empty()) return true; // an old one
  if (!full && part.from > known_) return false;
  if (full) lacking_ = 0;
  std::set<std::uint64_t> alive;
  for (const auto& v : part.values) alive.insert(v.clock);
  std::vector<std::uint64_t> dead;
  if (full) {
    for (const auto& [clock, x] : live_)
      if (!alive.contains(clock)) dead.push_back(clock);
  } else {
    for (const auto clock : part.cloud)
      if (!alive.contains(clock) && live_.contains(clock)) dead.push_back(clock);
  }
  std::erase_if(part.values, [&](const tracked& v) {
    return v.clock > part.to || (full ? live_.contains(v.clock) : v.clock <= known_);
  });
  apply(std::move(dead), std::move(part.values), max_size, next_id, out);
  known_ = std::max(known_, part.to);
  return true;
}

void remote_slice::apply(std::vector<std::uint64_t> dead, std::vector<tracked>&& born,
                         std::size_t max_size, std::uint64_t& next_id,
                         std::vector<mirror_change>& out) {
  // A death and a birth of one identity are an update.
  std::multimap<identity, std::uint64_t, compare> ended;
  for (const auto clock : dead) {
    const auto x = live_.find(clock);
    ended.emplace(std::move(x->second.what), x->second.id);
    live_.erase(x);
  }
  std::sort(born.begin(), born.end(),
            [](const tracked& a, const tracked& b) { return a.clock < b.clock; });
  for (auto& v : born) {
    if (live_.contains(v.clock)) continue; // one clock for two joins: theirs is no such message
    if (live_.size() >= max_size) {
      ++lacking_;
      continue;
    }
    identity what{v.pid.as_pid(), v.topic, v.key};
    const auto before = ended.find(what);
    const bool update = before != ended.end();
    const auto id = update ? before->second : next_id++;
    if (update) ended.erase(before);
    live_[v.clock] = {id, std::move(what)};
    out.push_back({update ? mirror_change::kind::update : mirror_change::kind::join, id, who_.name,
                   std::move(v)});
  }
  for (const auto& [what, id] : ended) out.push_back({mirror_change::kind::leave, id});
}

void remote_slice::clear(std::vector<mirror_change>& out) {
  for (const auto& [clock, x] : live_) out.push_back({mirror_change::kind::leave, x.id});
  live_.clear();
  lacking_ = 0;
  known_ = 0;
}

} // namespace rollcall::phoenix
