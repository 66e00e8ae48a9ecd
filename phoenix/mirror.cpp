#include "phoenix/mirror.hpp"

#include "phoenix/meta_terms.hpp"
#include "phoenix/options.hpp"

#include <set>

namespace rollcall::phoenix {

namespace {

constexpr std::chrono::seconds try_again{1};
/// In one renewal: the queue waits meanwhile.
constexpr std::size_t max_failures = 100;

/// Another try would end the same.
bool stays_refused(const caf::error& why) {
  switch (code_of(why)) {
  case errc::bad_topic:
  case errc::bad_key:
  case errc::bad_meta:
  case errc::too_large:
    return true;
  default:
    return false;
  }
}

} // namespace

mirror::mirror(tracker t, mirror_options o)
    : tracker_(std::move(t)), options_(std::move(o)), thread_([this] { run(); }) {}

mirror::~mirror() {
  {
    std::lock_guard guard(mutex_);
    ends_ = true;
  }
  changed_.notify_one();
  thread_.join();
}

void mirror::add(std::vector<mirror_change> more) {
  {
    std::lock_guard guard(mutex_);
    for (auto& x : more) enqueue(std::move(x));
  }
  changed_.notify_one();
}

void mirror::enqueue(mirror_change&& x) {
  const auto before = place_.find(x.id);
  if (before == place_.end()) {
    const auto id = x.id;
    queue_.push_back(std::move(x));
    place_[id] = std::prev(queue_.end());
    return;
  }
  auto& waits = *before->second;
  if (x.what == mirror_change::kind::leave && waits.what == mirror_change::kind::join) {
    queue_.erase(before->second); // it was never shown
    place_.erase(before);
    return;
  }
  const bool join = waits.what == mirror_change::kind::join;
  waits = std::move(x);
  if (join) waits.what = mirror_change::kind::join;
}

mirror_counters mirror::counters() const {
  mirror_counters x;
  x.printed = printed_;
  x.refused = refused_;
  x.tracked_again = tracked_again_;
  x.same_key = same_key_;
  x.not_shown = not_shown_;
  std::lock_guard guard(mutex_);
  x.waiting = queue_.size();
  return x;
}

void mirror::run() {
  next_renewal_ = clock::now();
  std::unique_lock guard(mutex_);
  while (!ends_) {
    if (clock::now() >= next_renewal_) {
      next_renewal_ = clock::now() + options_.renew_period;
      guard.unlock();
      renew();
      guard.lock();
    }
    if (queue_.empty()) {
      changed_.wait_until(guard, next_renewal_);
      continue;
    }
    const auto x = std::move(queue_.front());
    place_.erase(x.id);
    queue_.pop_front();
    guard.unlock();
    apply(x);
    guard.lock();
  }
  guard.unlock();
  for (const auto& [id, p] : shown_) {
    // The tracker may have ended before us: then so have its leases.
    if (p.held && !tracker_.untrack(*p.held)) break;
  }
  if (own_lease_) static_cast<void>(tracker_.untrack(*own_lease_));
}

void mirror::announce() {
  own_lease_.reset();
  auto done =
      tracker_.track_lease(bridges_topic, options_.own_key, options_.own_meta, options_.ttl);
  if (done)
    own_lease_ = done->lease;
  else
    next_renewal_ = std::min(next_renewal_, clock::now() + try_again);
}

void mirror::renew() {
  if (!own_lease_ || !tracker_.renew(*own_lease_)) announce();
  constexpr std::size_t batch = 10'000;
  std::vector<std::uint64_t> some;
  for (const auto& [id, p] : shown_) {
    if (p.held) some.push_back(id);
    if (some.size() == batch) renew(std::exchange(some, {}));
  }
  if (!some.empty()) renew(std::move(some));
  track_missing();
}

void mirror::renew(std::vector<std::uint64_t> ids) {
  std::vector<lease> some;
  some.reserve(ids.size());
  for (const auto id : ids) some.push_back(*shown_.at(id).held);
  const auto done = tracker_.renew(std::move(some));
  if (!done) { // a shard starts anew, say
    next_renewal_ = std::min(next_renewal_, clock::now() + try_again);
    return;
  }
  if (done->missing.empty()) return;
  const std::set<lease> missing(done->missing.begin(), done->missing.end());
  for (const auto id : ids) {
    auto& p = shown_.at(id);
    if (!missing.contains(*p.held)) continue;
    p.held.reset();
    miss(id);
  }
}

void mirror::miss(std::uint64_t id) {
  missing_.push_back(id);
  not_shown_ = missing_.size();
}

void mirror::track_missing() {
  std::size_t failures = 0;
  for (auto n = missing_.size(); n > 0 && failures < max_failures; --n) {
    const auto id = missing_.front();
    missing_.pop_front();
    const auto found = shown_.find(id);
    if (found == shown_.end() || found->second.held) continue;
    if (!track(id, found->second))
      shown_.erase(found);
    else if (found->second.held)
      ++tracked_again_;
    else
      ++failures;
  }
  not_shown_ = missing_.size();
}

std::string mirror::text_of(const term& x) {
  std::uint64_t printed = 0;
  auto text = read_text(x, printed);
  printed_ += printed;
  return text;
}

meta mirror::meta_of(const mirror_change& x) {
  std::uint64_t printed = 0;
  auto all = read_meta(x.value.meta, printed);
  meta_value::map origin{{"node", x.node}, {"pid", to_text(x.value.pid)}};
  if (const auto* r = x.value.meta.find("phx_ref"))
    origin.emplace_back("ref", read_text(*r, printed));
  all.emplace_back(std::string{origin_member}, std::move(origin));
  printed_ += printed;
  return meta{meta_value{std::move(all)}};
}

void mirror::apply(const mirror_change& x) {
  const auto found = shown_.find(x.id);
  if (x.what == mirror_change::kind::leave) {
    if (found == shown_.end()) return;
    // If it fails: the lease is not renewed any more, and runs out.
    if (found->second.held) static_cast<void>(tracker_.untrack(*found->second.held));
    shown_.erase(found);
    return;
  }
  if (found != shown_.end()) {
    found->second.data = meta_of(x);
    if (found->second.held && !update(x.id, found->second)) shown_.erase(found);
    return;
  }
  shown p{text_of(x.value.topic), text_of(x.value.key), meta_of(x), {}};
  look_for_same_key(p, x.node);
  if (track(x.id, p)) shown_.emplace(x.id, std::move(p));
}

/// Returns false if it is refused for good.
bool mirror::update(std::uint64_t id, shown& p) {
  if (tracker_.update(*p.held, p.data)) return true;
  // What it was before is no longer true.
  static_cast<void>(tracker_.untrack(*p.held));
  p.held.reset();
  if (!track(id, p)) return false;
  if (p.held) ++tracked_again_;
  return true;
}

/// Returns false if it is refused for good. Without a lease it is for another try.
bool mirror::track(std::uint64_t id, shown& p) {
  auto done = tracker_.track_lease(p.topic, p.key, p.data, options_.ttl);
  if (done) {
    p.held = done->lease;
    return true;
  }
  if (stays_refused(done.error())) {
    ++refused_;
    return false;
  }
  miss(id);
  if (code_of(done.error()) != errc::limit_reached)
    next_renewal_ = std::min(next_renewal_, clock::now() + try_again);
  return true;
}

void mirror::look_for_same_key(const shown& p, const std::string& node) {
  for (const auto& other : tracker_.get_by_key(p.topic, p.key)) {
    if (other.meta()[origin_member]) continue;
    ++same_key_;
    if (options_.on_same_key) options_.on_same_key(p.topic, p.key, node);
    return;
  }
}

} // namespace rollcall::phoenix
