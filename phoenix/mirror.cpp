#include "phoenix/mirror.hpp"

#include "phoenix/meta_terms.hpp"
#include "phoenix/options.hpp"

#include <iterator>

namespace rollcall::phoenix {

namespace {

constexpr millis ttl{60'000};
constexpr millis renew_period{15'000};

} // namespace

mirror::mirror(tracker t, std::string own_key, meta own_meta)
    : tracker_(std::move(t)),
      own_key_(std::move(own_key)),
      own_meta_(std::move(own_meta)),
      thread_([this] { run(); }) {}

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
    std::move(more.begin(), more.end(), std::back_inserter(queue_));
  }
  changed_.notify_one();
}

std::optional<ref> mirror::own_ref() const {
  std::lock_guard guard(mutex_);
  return own_ref_;
}

void mirror::run() {
  auto next_renewal = std::chrono::steady_clock::now();
  std::unique_lock guard(mutex_);
  while (!ends_) {
    if (std::chrono::steady_clock::now() >= next_renewal) {
      next_renewal = std::chrono::steady_clock::now() + renew_period;
      guard.unlock();
      renew();
      guard.lock();
    }
    if (queue_.empty()) {
      changed_.wait_until(guard, next_renewal);
      continue;
    }
    const auto x = std::move(queue_.front());
    queue_.pop_front();
    guard.unlock();
    apply(x);
    guard.lock();
  }
  guard.unlock();
  for (const auto& [id, l] : leases_) {
    // The tracker may have ended before us: then so have its leases.
    if (!tracker_.untrack(l)) break;
  }
  if (own_lease_) static_cast<void>(tracker_.untrack(*own_lease_));
}

void mirror::announce() {
  auto done = tracker_.track_lease(bridges_topic, own_key_, own_meta_, ttl);
  if (!done) return; // with the next renewal
  own_lease_ = done->lease;
  std::lock_guard guard(mutex_);
  own_ref_ = done->ref;
}

void mirror::renew() {
  if (!own_lease_ || !tracker_.renew(*own_lease_)) announce();
  constexpr std::size_t batch = 10'000;
  std::vector<lease> some;
  const auto send = [&] {
    if (!some.empty()) static_cast<void>(tracker_.renew(std::move(some)));
    some.clear();
  };
  for (const auto& [id, l] : leases_) {
    some.push_back(l);
    if (some.size() == batch) send();
  }
  send();
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
  const auto held = leases_.find(x.id);
  if (x.what == mirror_change::kind::leave) {
    if (held == leases_.end()) return;
    static_cast<void>(tracker_.untrack(held->second));
    leases_.erase(held);
    return;
  }
  const auto data = meta_of(x);
  if (held != leases_.end()) {
    if (tracker_.update(held->second, data)) return;
    // What it was before is no longer true.
    static_cast<void>(tracker_.untrack(held->second));
    leases_.erase(held);
  }
  std::uint64_t printed = 0;
  const auto topic = read_text(x.value.topic, printed);
  const auto key = read_text(x.value.key, printed);
  printed_ += printed;
  if (auto done = tracker_.track_lease(topic, key, data, ttl))
    leases_[x.id] = done->lease;
  else
    ++refused_;
}

} // namespace rollcall::phoenix
