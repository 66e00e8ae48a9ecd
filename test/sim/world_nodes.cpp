// Processes: they start, end, stand still, wake, are slow; their shards die and
// come back.
#include "test/sim/world.hpp"

#include <algorithm>

namespace rollcall::sim {

using namespace cluster;

void world::start_all() {
  for (int n = 0; n < size(); ++n) start(n);
}

std::uint64_t world::wall_clock(const host& h) const {
  return static_cast<std::uint64_t>(std::max<std::int64_t>(1, h.wall_us + now_.count() * 1000));
}

void world::start(int n) {
  auto& h = host_at(n);
  if (h.running) return;
  ++h.life;
  h.running = true;
  h.paused = h.serving = false;
  h.slow_until = instant{-1};
  h.inbox.clear();
  std::fill(h.told.begin(), h.told.end(), 0u);
  for (auto& s : h.shards) s.acked.clear();
  views_changed_ = true;
  const auto wall = wall_clock(h);
  for (int s = 0; s < shards(); ++s) begin(n, s, wall + static_cast<std::uint64_t>(s));
  if (settings_.links == link_mode::given) {
    for (int other = 0; other < size(); ++other)
      if (other != n) {
        h.told[static_cast<std::size_t>(other)] = 1;
        for (int s = 0; s < shards(); ++s) step(n, s, link_up{host_at(other).name});
      }
  } else {
    relink_all();
  }
}

/// A new life of a shard.
void world::begin(int n, int s, std::uint64_t start_us) {
  auto& h = host_at(n);
  auto& x = shard_at(n, s);
  replica_id id{h.name, {start_us, r_.below(1 << 16)}};
  while (truth_at(s).find(id)) ++id.inc.salt;
  x.own = &truth_at(s).begin(id);
  const auto quarter = static_cast<std::uint64_t>(options().broadcast_period.count() / 4);
  const auto first_tick = now_ + instant{static_cast<std::int64_t>(r_.below(quarter))};
  ++x.life_no;
  x.machine = std::make_unique<gossip>(id, options(), now_ + offset(h), first_tick + offset(h));
  x.eyes = std::make_unique<observer>(truth_at(s), options(), now_);
  if (somebody_lies_) x.eyes->somebody_lies();
  x.flush_set.reset();
  x.proceed_set = false;
  if (h.hears != nullptr) h.hears->begins(s, id);
  if (story_)
    say(h.name, (shards() > 1 ? "shard " + std::to_string(s) + " starts as " : "starts as ")
                    + to_string(id.inc));
  set_tick(n, s, first_tick);
}

void world::end(int n, int s) {
  auto& x = shard_at(n, s);
  if (auto* hears = host_at(n).hears) hears->ends(s);
  x.own->over = true;
  x.machine.reset();
  x.eyes.reset();
  ++x.life_no;
}

void world::set_tick(int n, int s, instant t) {
  happening e;
  e.what = happening::type::tick;
  e.node = n;
  e.shard = s;
  e.life = shard_at(n, s).life_no;
  queue_.push(t, std::move(e));
}

void world::stop(int n, bool bye) {
  auto& h = host_at(n);
  if (!h.running) return;
  say(h.name, bye ? "stops with bye" : "crashes");
  for (int s = 0; s < shards(); ++s) {
    if (bye && !h.paused) step(n, s, say_bye{});
    end(n, s);
  }
  h.running = h.paused = h.serving = false;
  h.inbox.clear();
  ++h.life;
  views_changed_ = true;
  if (settings_.links == link_mode::signalled) relink_all();
}

void world::crash_shard(int n, int s) {
  auto& h = host_at(n);
  if (!h.running || h.paused || s >= shards()) return;
  say(h.name, "shard " + std::to_string(s) + " dies and is replaced");
  auto& x = shard_at(n, s);
  // Within a process incarnations only grow, whatever the clock does.
  const auto above = std::max(wall_clock(h), x.machine->self().inc.start_us + 1);
  end(n, s);
  begin(n, s, above);
  for (auto& [no, p] : x.acked) {
    const auto& who = truth_at(s).identity_at(no);
    const auto did =
        step(n, s, op_restore{who.topic, who.key, who.actor, p.meta, p.ref, p.prev_ref});
    if (did.code != errc::none || did.ref != p.ref || did.prev_ref != p.prev_ref)
      throw violation("S2: a shard restored " + who.key + " otherwise than it was, at " + h.name);
  }
  for (int other = 0; other < size(); ++other)
    if (h.told[static_cast<std::size_t>(other)] != 0) step(n, s, link_up{host_at(other).name});
  views_changed_ = true;
  check_own(n, s);
}

void world::pause(int n, instant length) {
  auto& h = host_at(n);
  if (!h.running || h.paused) return;
  say(h.name, "is suspended");
  h.paused = true;
  happening e;
  e.what = happening::type::wake;
  e.script = true;
  e.node = n;
  e.life = h.life;
  queue_.push(now_ + length, std::move(e));
}

void world::wake(int n) {
  auto& h = host_at(n);
  if (!h.running || !h.paused) return;
  say(h.name, "wakes");
  h.paused = false;
  // What comes first when it runs again, its timers or what it was sent?
  auto timer = [](const happening& e) { return e.timer(); };
  if (r_.below(2) == 0)
    std::stable_partition(h.inbox.begin(), h.inbox.end(), timer);
  else
    std::stable_partition(h.inbox.begin(), h.inbox.end(), std::not_fn(timer));
  if (h.serving) return; // a slow one
  serve(n);
}

void world::slow_down(int n, instant length, instant cost) {
  auto& h = host_at(n);
  if (!h.running) return;
  say(h.name, "is slow");
  h.slow_until = std::max(h.slow_until, now_ + length);
  h.cost = cost;
}

void world::drain(int n, instant lease) {
  auto& h = host_at(n);
  if (!h.running || h.paused) return;
  say(h.name, "drains for " + std::to_string(lease.count()) + " ms");
  leases_end_ = std::max(leases_end_, now_ + lease);
  for (int s = 0; s < shards(); ++s)
    if (const auto code = step(n, s, op_drain{lease}).code; code != errc::none)
      throw violation("S2: a drain answered " + to_string(code) + ", at " + h.name);
}

void world::step_wall_clock(int n, std::int64_t us) {
  auto& h = host_at(n);
  say(h.name, "wall clock steps by " + std::to_string(us) + " us");
  h.wall_us = std::max<std::int64_t>(1, h.wall_us + us);
}

} // namespace rollcall::sim
