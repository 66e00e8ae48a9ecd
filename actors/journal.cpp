#include "actors/journal.hpp"

#include "base/hash.hpp"

#include <algorithm>
#include <limits>

namespace rollcall::actors {

journal::journal(std::size_t max_entries, std::size_t max_bytes)
    : capacity_(std::min({max_entries, max_bytes / (sizeof(entry) + sizeof(kept_step)),
                          std::size_t{std::numeric_limits<std::uint32_t>::max()}})) {}

std::uint64_t journal::hash(std::uint64_t topic, std::string_view key) noexcept {
  return crdt::hash_number(topic ^ crdt::hash_bytes(key) * 0x9E3779B97F4A7C15ull);
}

void journal::begin(const step& x) {
  if (!enabled()) return;
  // Equal steps within one millisecond share one entry.
  if (current_.whose && current_.wall_ms == x.wall_ms && current_.steady_ms == x.steady_ms
      && current_.heard_ms == x.heard_ms && current_.link_lost == x.link_lost
      && *current_.whose == *x.whose && *current_.from == x.from)
    return;
  current_.wall_ms = x.wall_ms;
  current_.steady_ms = x.steady_ms;
  current_.heard_ms = x.heard_ms;
  current_.link_lost = x.link_lost;
  intern(x);
  kept_ = false;
}

void journal::intern(const step& x) {
  if (replicas_.size() + names_.size() >= tidy_at_) {
    const auto unused = [](const auto& y) { return y.second.use_count() == 1; };
    std::erase_if(replicas_, unused);
    std::erase_if(names_, unused);
    tidy_at_ = std::max<std::size_t>(1024, 2 * (replicas_.size() + names_.size()));
  }
  if (!current_.whose || *current_.whose != *x.whose) {
    auto& slot = replicas_[*x.whose];
    if (!slot) slot = std::make_shared<const replica_id>(*x.whose);
    current_.whose = slot;
  }
  if (!current_.from || *current_.from != x.from) {
    auto& slot = names_[std::string{x.from}];
    if (!slot) slot = std::make_shared<const std::string>(x.from);
    current_.from = slot;
  }
}

namespace {

/// Reserves memory by doubling, up to the limit.
template <class T>
void append(std::vector<T>& to, const T& x, std::size_t most) {
  if (to.size() == to.capacity())
    to.reserve(std::min(most, std::max<std::size_t>(16, 2 * to.capacity())));
  to.push_back(x);
}

} // namespace

void journal::add(std::string_view topic, std::string_view key, std::uint64_t actor, const ref& r,
                  story_event what, leave_reason reason, story_cause cause) {
  if (!enabled() || !current_.whose) return;
  if (!kept_) {
    if (steps_.size() < capacity_)
      append(steps_, current_, capacity_);
    else
      steps_[next_step_] = current_;
    current_slot_ = static_cast<std::uint32_t>(next_step_);
    next_step_ = next_step_ + 1 == capacity_ ? 0 : next_step_ + 1;
    kept_ = true;
  }
  if (topic != last_topic_) {
    last_topic_ = topic;
    last_topic_hash_ = crdt::hash_bytes(topic);
  }
  const entry x{hash(last_topic_hash_, key), actor, r, current_slot_, what, reason, cause};
  if (entries_.size() < capacity_)
    append(entries_, x, capacity_);
  else
    entries_[next_entry_] = x;
  next_entry_ = next_entry_ + 1 == capacity_ ? 0 : next_entry_ + 1;
}

std::vector<story_entry> journal::story(std::string_view topic, std::string_view key) const {
  std::vector<story_entry> result;
  const auto name = hash(crdt::hash_bytes(topic), key);
  // Once the ring buffer is full, the next position has the oldest entry.
  const auto first = entries_.size() < capacity_ ? 0 : next_entry_;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const auto& x = entries_[(first + i) % entries_.size()];
    if (x.name != name) continue;
    const auto& s = steps_[x.step];
    story_entry out;
    out.wall_ms = s.wall_ms;
    out.steady_ms = s.steady_ms;
    out.what = x.what;
    out.reason = x.reason;
    out.cause = x.cause;
    out.who = {*s.whose, x.actor};
    out.ref = x.ref;
    out.from = *s.from;
    out.heard_ms = s.heard_ms;
    out.link_lost = s.link_lost;
    result.push_back(std::move(out));
  }
  return result;
}

} // namespace rollcall::actors
