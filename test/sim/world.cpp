#include "test/sim/world.hpp"

#include <algorithm>
#include <cassert>

namespace rollcall::sim {

using namespace cluster;

world::world(std::uint64_t seed, settings s, std::ostream* story)
    : weather(s.weather), settings_(std::move(s)), r_(seed, "world"), story_(story) {
  if (auto wrong = validate(settings_.options)) throw violation("options: " + wrong.message);
  hosts_.resize(static_cast<std::size_t>(settings_.nodes));
  for (int n = 0; n < size(); ++n) {
    host_at(n).name = name_of(n);
    host_at(n).told.resize(hosts_.size());
  }
}

// -- time ---------------------------------------------------------------------

void world::run_until(instant t) {
  run_until(t, [] { return false; });
}

bool world::run_until(instant t, const std::function<bool()>& stop) {
  while (!queue_.empty() && queue_.next_at() <= t) {
    now_ = std::max(now_, queue_.next_at());
    queue_.pop()();
    if (stop()) return true;
  }
  now_ = std::max(now_, t);
  return stop();
}

void world::at(instant t, std::function<void()> what) {
  queue_.push(std::max(t, now_), event_queue::source::script, std::move(what));
}

// -- nodes --------------------------------------------------------------------

void world::start_all() {
  for (int n = 0; n < size(); ++n) start(n);
}

void world::start(int n) {
  auto& h = host_at(n);
  if (h.machine) return;
  const auto wall = std::max<std::int64_t>(1, h.wall_us + now_.count() * 1000);
  replica_id id{h.name, {static_cast<std::uint64_t>(wall), r_.below(1 << 16)}};
  while (truth_.find(id)) ++id.inc.salt;
  truth_.begin(id);
  const auto first_tick = now_
                          + instant{static_cast<std::int64_t>(r_.below(
                              static_cast<std::uint64_t>(options().broadcast_period.count() / 4)))};
  ++h.life;
  h.machine = std::make_unique<gossip>(id, options(), now_ + offset(h), first_tick + offset(h));
  h.eyes = std::make_unique<observer>(truth_, options());
  h.acked.clear();
  h.inbox.clear();
  h.paused = h.tick_missed = h.proceed_set = h.proceed_missed = false;
  h.flush_set.reset();
  std::fill(h.told.begin(), h.told.end(), 0u);
  views_changed_ = true;
  say(h.name, "starts as " + to_string(id.inc));
  queue_.push(first_tick, event_queue::source::cluster,
              [this, n, life = h.life] { tick(n, life); });
  if (settings_.links == link_mode::given) {
    for (int other = 0; other < size(); ++other)
      if (other != n) step(n, link_up{host_at(other).name});
  } else {
    relink_all();
  }
}

void world::stop(int n, bool bye) {
  auto& h = host_at(n);
  if (!h.machine) return;
  say(h.name, bye ? "stops with bye" : "crashes");
  if (bye && !h.paused) step(n, say_bye{});
  truth_.find(h.machine->self())->over = true;
  h.machine.reset();
  h.eyes.reset();
  h.inbox.clear();
  h.paused = false;
  ++h.life;
  views_changed_ = true;
  if (settings_.links == link_mode::signalled) relink_all();
}

void world::pause(int n, instant length) {
  auto& h = host_at(n);
  if (!h.machine || h.paused) return;
  say(h.name, "is suspended");
  h.paused = true;
  at(now_ + length, [this, n, life = h.life] {
    if (host_at(n).life == life) wake(n);
  });
}

void world::wake(int n) {
  auto& h = host_at(n);
  if (!h.machine || !h.paused) return;
  say(h.name, "wakes");
  h.paused = false;
  const auto life = h.life;
  const bool tick_due = std::exchange(h.tick_missed, false), tick_first = r_.below(2) == 0;
  if (tick_due && tick_first) tick(n, life);
  for (auto box = std::exchange(h.inbox, {}); auto& e : box) read(n, e);
  if (tick_due && !tick_first) tick(n, life);
  if (h.flush_set && *h.flush_set <= now_ + offset(h)) flush(n, life, *h.flush_set);
  if (std::exchange(h.proceed_missed, false)) proceed(n, life);
}

void world::step_wall_clock(int n, std::int64_t us) {
  auto& h = host_at(n);
  say(h.name, "wall clock steps by " + std::to_string(us) + " us");
  h.wall_us = std::max<std::int64_t>(1, h.wall_us + us);
}

// -- timers -------------------------------------------------------------------

void world::tick(int n, unsigned life) {
  auto& h = host_at(n);
  if (h.life != life || !h.machine) return;
  if (h.paused) {
    h.tick_missed = true;
    return;
  }
  step(n, cluster::tick{});
  queue_.push(now_ + options().broadcast_period, event_queue::source::cluster,
              [this, n, life] { tick(n, life); });
}

void world::flush(int n, unsigned life, instant due) {
  auto& h = host_at(n);
  if (h.life == life && h.machine && !h.paused && h.flush_set == due) {
    h.flush_set.reset();
    step(n, flush_due{});
  }
}

void world::proceed(int n, unsigned life) {
  auto& h = host_at(n);
  if (h.life != life || !h.machine) return;
  if (h.paused) {
    h.proceed_missed = true;
    return;
  }
  h.proceed_set = false;
  step(n, cluster::proceed{});
}

// -- one step, and all that follows it ----------------------------------------

actions world::step(int n, const event& ev, bool corrupted) {
  auto& h = host_at(n);
  auto& m = *h.machine;
  ++count_.events;
  const auto before = m.self();
  const auto merges = m.stats().merges;
  const auto refused = m.stats().frames_in[0] + m.stats().frames_unknown;
  auto did = m.step(ev, now_ + offset(h));

  absorb(static_cast<std::uint64_t>(now_.count()) * 64 + static_cast<std::uint64_t>(n) * 16
         + ev.index());
  for (auto& f : did.frames) absorb(*f.bytes);
  for (auto& r : did.reports) absorb(r.changes.size());

  if (m.self() != before) {
    truth_.find(before)->over = true;
    truth_.begin(m.self());
    ++count_.rebirths;
  }
  for (auto& e : did.events) count_.downs += e.what == replica_change::down;
  if (story_) tell(n, did);
  if (corrupted) {
    ++count_.refused;
    if (m.stats().frames_in[0] + m.stats().frames_unknown != refused + 1)
      throw violation("refused: a damaged frame was read, at " + h.name);
  }
  const bool seen = h.eyes->fold(m, did);
  views_changed_ |= seen;
  count_.reports += did.reports.size();
  h.eyes->check(m, m.stats().merges != merges);
  if (++h.steps % 64 == 0) h.eyes->check_all(m);
  follow_up(n, did);
  return did;
}

actions world::give(int n, const event& ev) { return step(n, ev); }

void world::follow_up(int n, const actions& did) {
  auto& h = host_at(n);
  if (did.flush_at != h.flush_set) {
    h.flush_set = did.flush_at;
    if (did.flush_at)
      queue_.push(std::max(now_, *did.flush_at - offset(h)), event_queue::source::cluster,
                  [this, n, life = h.life, due = *did.flush_at] { flush(n, life, due); });
  }
  if (did.more && !h.proceed_set) {
    h.proceed_set = true;
    queue_.push(now_ + instant{r_.index(3)}, event_queue::source::cluster,
                [this, n, life = h.life] { proceed(n, life); });
  }
  ship(n, did.frames);
}

// -- operations ---------------------------------------------------------------

errc world::track(int n, const std::string& topic, const std::string& key, std::uint64_t actor) {
  return operate(n, {topic, key, actor}, op::track);
}
errc world::update(int n, const std::string& topic, const std::string& key, std::uint64_t actor) {
  return operate(n, {topic, key, actor}, op::update);
}
errc world::untrack(int n, const std::string& topic, const std::string& key, std::uint64_t actor) {
  return operate(n, {topic, key, actor}, op::untrack);
}

errc world::operate(int n, const identity& who, op what) {
  auto& h = host_at(n);
  if (!h.machine || h.paused) return errc::shutting_down;
  auto& [topic, key, actor] = who;
  const auto bytes = rollcall::meta{{"n", static_cast<std::int64_t>(++serial_)}};
  const std::string meta{bytes.bytes()};
  const bool there = h.acked.contains(who);
  if (story_)
    say(h.name, std::string{what == op::track    ? "tracks "
                            : what == op::update ? "updates "
                                                 : "untracks "}
                    + topic + "/" + key + "/" + std::to_string(actor));
  errc code{}, want = errc::none;
  switch (what) {
  case op::track:
    if (there) want = errc::already_tracked;
    code = step(n, op_track{topic, key, actor, meta}).code;
    break;
  case op::update:
    if (!there) want = errc::nopresence;
    code = step(n, op_update{topic, key, actor, meta}).code;
    break;
  case op::untrack:
    code = step(n, op_untrack{topic, key, actor}).code;
    break;
  }
  if (code != want)
    throw violation("own: an operation answered " + to_string(code) + ", at " + h.name);
  if (code == errc::none) {
    if (what == op::untrack)
      h.acked.erase(who);
    else
      h.acked[who] = meta;
  }
  check_own(n);
  return code;
}

void world::untrack_all(int n, std::uint64_t actor) {
  auto& h = host_at(n);
  if (!h.machine || h.paused) return;
  say(h.name, "actor " + std::to_string(actor) + " dies");
  std::erase_if(h.acked, [&](const auto& x) { return std::get<2>(x.first) == actor; });
  step(n, op_untrack_all{actor});
  check_own(n);
}

void world::absorb(std::uint64_t x) noexcept {
  digest_ = (digest_ ^ x) * 0x9E3779B97F4A7C15ull;
  digest_ ^= digest_ >> 29;
}

void world::absorb(std::string_view bytes) noexcept {
  for (auto c : bytes) digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
}

} // namespace rollcall::sim
