// Time: what happens, and to whom.
#include "test/sim/world.hpp"

#include <algorithm>

namespace rollcall::sim {

world::world(std::uint64_t seed, settings s, std::ostream* story)
    : weather(s.weather), settings_(std::move(s)), r_(seed, "world"), story_(story) {
  settings_.options.pool_size = static_cast<std::size_t>(settings_.shards);
  if (auto wrong = validate(settings_.options)) throw violation("options: " + wrong.message);
  hosts_ = std::vector<host>(static_cast<std::size_t>(settings_.nodes));
  ways_.resize(hosts_.size() * hosts_.size());
  truths_ = std::vector<truth>(static_cast<std::size_t>(settings_.shards));
  for (int n = 0; n < size(); ++n) {
    host_at(n).name = name_of(n);
    host_at(n).told.resize(hosts_.size());
    host_at(n).shards = std::vector<shard>(truths_.size());
  }
}

void world::run_until(instant t) {
  while (next(t)) {
  }
}

bool world::next(instant t) {
  if (queue_.empty() || queue_.next_at() > t) {
    now_ = std::max(now_, t);
    return false;
  }
  now_ = std::max(now_, queue_.next_at());
  auto e = queue_.pop();
  happen(e);
  return true;
}

void world::at(instant t, std::function<void()> what) {
  happening e;
  e.script = true;
  e.call = std::move(what);
  queue_.push(std::max(t, now_), std::move(e));
}

void world::forget_scripts() {
  queue_.erase_if([](const happening& e) { return e.script; });
}

void world::happen(happening& e) {
  switch (e.what) {
  case happening::type::call:
    return e.call();
  case happening::type::wake:
    if (host_at(e.node).life == e.life) wake(e.node);
    return;
  case happening::type::serve:
    if (host_at(e.node).life == e.life) serve(e.node);
    return;
  case happening::type::relink:
    return relink(e.node, e.from);
  default:
    return arrive(e);
  }
}

/// Something comes to a process. It may stand still, or be slow.
void world::arrive(happening& e) {
  auto& h = host_at(e.node);
  if (!h.running) return;
  if (e.what == happening::type::frame) {
    auto& w = way_at(e.from, e.node);
    if (w.blocked || (e.life != 0 && e.life != h.life)) return;
    if (now_ < w.clogged_until) return w.stuck.push_back(std::move(e));
  }
  if (!h.paused && !slow(h)) return take(e);
  h.inbox.push_back(std::move(e));
  if (!h.paused && !std::exchange(h.serving, true)) {
    happening next;
    next.what = happening::type::serve;
    next.node = h.inbox.back().node;
    next.life = h.life;
    queue_.push(now_ + instant{r_.index(static_cast<std::size_t>(h.cost.count()) + 1)},
                std::move(next));
  }
}

bool world::slow(const host& h) const { return now_ < h.slow_until || !h.inbox.empty(); }

/// A slow process takes one thing at a time; when that is over, all.
void world::serve(int n) {
  auto& h = host_at(n);
  h.serving = false;
  if (h.paused || !h.running) return;
  const auto life = h.life;
  do {
    if (h.inbox.empty()) return;
    const auto e = std::move(h.inbox.front());
    h.inbox.pop_front();
    take(e);
    if (h.life != life || h.paused) return;
  } while (now_ >= h.slow_until);
  if (h.inbox.empty()) return;
  h.serving = true;
  happening again;
  again.what = happening::type::serve;
  again.node = n;
  again.life = life;
  queue_.push(now_ + instant{r_.index(static_cast<std::size_t>(h.cost.count()) + 1)},
              std::move(again));
}

/// A process takes it.
void world::take(const happening& e) {
  auto& h = host_at(e.node);
  if (!h.running) return;
  auto& s = shard_at(e.node, e.shard);
  if (e.timer() && s.life_no != e.life) return;
  switch (e.what) {
  case happening::type::frame:
    if (story_) tell(e);
    if (!e.damaged && !e.sent->lie) s.eyes->reads(*s.machine, *e.sent, e.from, now_);
    if (e.sent->lie && e.sent->sender) s.eyes->hears(*e.sent->sender, now_);
    step(e.node, e.shard,
         cluster::frame_in{e.damaged ? *e.damaged : *e.sent->bytes, host_at(e.from).name,
                           wall_clock(h)},
         e.damaged || e.sent->lie ? nullptr : e.sent.get(), e.damaged != nullptr);
    return;
  case happening::type::link_up:
    for (int i = 0; i < shards(); ++i) step(e.node, i, cluster::link_up{host_at(e.from).name});
    return;
  case happening::type::link_down:
    for (int i = 0; i < shards(); ++i) step(e.node, i, cluster::link_down{host_at(e.from).name});
    return;
  case happening::type::tick:
    s.eyes->ticks(now_);
    step(e.node, e.shard, cluster::tick{});
    s.eyes->check_silence(*s.machine, now_);
    return set_tick(e.node, e.shard, now_ + options().broadcast_period);
  case happening::type::flush:
    if (s.flush_set != e.due) return;
    s.flush_set.reset();
    step(e.node, e.shard, cluster::timer_due{});
    return;
  case happening::type::proceed:
    s.proceed_set = false;
    step(e.node, e.shard, cluster::proceed{});
    return;
  default:
    return;
  }
}

} // namespace rollcall::sim
