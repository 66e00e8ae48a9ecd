// One step of one machine, its checks, and all that follows it.
#include "actors/diff_builder.hpp"
#include "base/phash2.hpp"
#include "test/sim/world.hpp"

#include <algorithm>
#include <charconv>
#include <cstring>

namespace rollcall::sim {

using namespace cluster;

namespace {

int number_of(std::string_view name) {
  int n = 0;
  std::from_chars(name.data() + 1, name.data() + name.size(), n);
  return n;
}

} // namespace

actions world::step(int n, int s, const event& ev, const letter* read, bool damaged) {
  auto& h = host_at(n);
  auto& x = shard_at(n, s);
  auto& m = *x.machine;
  ++count_.events;
  const auto before = m.self().inc;
  const auto merges = m.stats().merges;
  const auto refused = m.stats().frames_in[0] + m.stats().frames_unknown;
  const auto unknown = m.stats().frames_unknown;
  if (const auto* up = std::get_if<link_up>(&ev)) x.eyes->link(number_of(up->node), true, now_);
  if (const auto* down = std::get_if<link_down>(&ev))
    x.eyes->link(number_of(down->node), false, now_);
  auto did = m.step(ev, now_ + offset(h));

  absorb(static_cast<std::uint64_t>(now_.count()) * 256 + static_cast<std::uint64_t>(n) * 16
         + ev.index());
  for (auto& f : did.frames) absorb(*f.bytes);
  for (auto& r : did.reports) absorb(r.changes.size());

  if (m.self().inc != before) {
    if (m.self().inc < before) throw violation("S5: an incarnation went back, at " + h.name);
    x.own->over = true;
    x.own = &truth_at(s).begin(m.self());
    ++count_.rebirths;
  }
  if (story_) tell(n, s, did);
  if (damaged) {
    ++count_.refused;
    if (m.stats().frames_in[0] + m.stats().frames_unknown != refused + 1 || !did.reports.empty())
      throw violation("S6: a damaged frame was read, at " + h.name);
  }
  if (read && read->newer) {
    ++count_.unknown;
    if (m.stats().frames_unknown != unknown + 1 || m.stats().merges != merges)
      throw violation("S6: a frame of a later kind was not skipped and counted, at " + h.name);
  }
  for (auto& e : did.events) {
    if (e.what == replica_change::diverged)
      throw violation("S14: the audit found a copy wrong: " + to_string(e.whose) + ", at "
                      + h.name);
    if (e.what != replica_change::down) continue;
    ++count_.downs;
    if (const auto* l = truth_at(s).find(e.whose);
        settings_.no_false_downs && l && !l->over && !truth_at(s).is_below_an_ended(e.whose))
      throw violation("L3: called down, and it lives: " + to_string(e.whose) + ", at " + h.name);
  }
  const bool seen = x.eyes->saw(m, did, m.stats().merges - merges, now_);
  views_changed_ |= seen || !did.own_changes.empty();
  // Its lease is over: what it was told to hold has left.
  for (auto& c : did.own_changes)
    if (!c.join && c.why == leave_reason::node_left) {
      const auto v = m.state().table().view(c.what);
      x.acked.erase(truth_at(s).number_of(v.topic(), v.key(), v.actor()));
    }
  count_.reports += did.reports.size();
  if (m.state().clock() != x.own->clock)
    throw violation("S5: the own clock is " + std::to_string(m.state().clock()) + ", not "
                    + std::to_string(x.own->clock) + ", at " + h.name);
  if (++x.steps % 64 == 0) x.eyes->check_all(m);
  if (h.hears != nullptr) tell_listener(n, s, did);
  follow_up(n, s, did);
  return did;
}

actions world::give(int n, const event& ev, int s) { return step(n, s, ev); }

void world::follow_up(int n, int s, const actions& did) {
  auto& x = shard_at(n, s);
  auto timer = [&](happening::type what, instant t, instant due) {
    happening e;
    e.what = what;
    e.node = n;
    e.shard = s;
    e.life = x.life_no;
    e.due = due;
    queue_.push(t, std::move(e));
  };
  if (did.wake_at != x.flush_set) {
    x.flush_set = did.wake_at;
    if (did.wake_at)
      timer(happening::type::flush, std::max(now_, *did.wake_at - offset(host_at(n))),
            *did.wake_at);
  }
  if (did.more && !std::exchange(x.proceed_set, true))
    timer(happening::type::proceed, now_ + instant{r_.index(3)}, {});
  ship(n, s, did.frames);
}

// -- operations ---------------------------------------------------------------

int world::shard_of(std::string_view topic) const {
  return static_cast<int>(crdt::phash2(topic, static_cast<std::uint32_t>(shards())));
}

errc world::track(int n, std::string_view topic, std::string_view key, std::uint64_t actor,
                  const rollcall::meta* data) {
  return operate(n, topic, key, actor, op::track, data);
}
errc world::update(int n, std::string_view topic, std::string_view key, std::uint64_t actor,
                   const rollcall::meta* data) {
  return operate(n, topic, key, actor, op::update, data);
}
errc world::untrack(int n, std::string_view topic, std::string_view key, std::uint64_t actor) {
  return operate(n, topic, key, actor, op::untrack);
}

errc world::operate(int n, std::string_view topic, std::string_view key, std::uint64_t actor,
                    op what, const rollcall::meta* data) {
  auto& h = host_at(n);
  if (!h.running || h.paused) return errc::shutting_down;
  const int s = shard_of(topic);
  auto& x = shard_at(n, s);
  const auto no = truth_at(s).number_of(topic, key, actor);
  ++serial_;
  const auto bytes = data ? *data : rollcall::meta{{"n", static_cast<std::int64_t>(serial_)}};
  std::string meta{bytes.bytes()};
  const auto old = x.acked.find(no);
  const bool there = old != x.acked.end();
  if (story_)
    say(h.name, std::string{what == op::track    ? "tracks "
                            : what == op::update ? "updates "
                                                 : "untracks "}
                    + std::string{topic} + "/" + std::string{key} + "/" + std::to_string(actor));
  errc want = errc::none;
  actions did;
  switch (what) {
  case op::track:
    if (there) want = errc::already_tracked;
    if (x.machine->draining()) want = errc::draining;
    did = step(n, s, op_track{topic, key, actor, meta});
    break;
  case op::update:
    if (!there) want = errc::nopresence;
    did = step(n, s, op_update{topic, key, actor, meta});
    break;
  case op::untrack:
    did = step(n, s, op_untrack{topic, key, actor});
    break;
  }
  // A shard that is full says so.
  const auto& lim = options().limits;
  const bool full = x.acked.size() >= lim.max_presences_per_replica
                    || x.machine->state().table().size() >= lim.max_presences;
  if (did.code == errc::limit_reached && full && want != errc::nopresence) return did.code;
  if (did.code != want)
    throw violation("S2: an operation answered " + to_string(did.code) + ", at " + h.name);
  if (did.code == errc::none) {
    if (what == op::untrack) {
      if (there) x.acked.erase(old);
    } else {
      if (!did.ref || (what == op::update && did.prev_ref != old->second.ref))
        throw violation("S2: an operation answered with a wrong ref, at " + h.name);
      x.acked[no] = {std::move(meta), *did.ref, did.prev_ref};
    }
  }
  check_own(n, s);
  return did.code;
}

void world::untrack_all(int n, std::uint64_t actor) {
  auto& h = host_at(n);
  if (!h.running || h.paused) return;
  if (story_) say(h.name, "actor " + std::to_string(actor) + " dies");
  for (int s = 0; s < shards(); ++s) {
    std::erase_if(shard_at(n, s).acked,
                  [&](const auto& x) { return truth_at(s).identity_at(x.first).actor == actor; });
    step(n, s, op_untrack_all{actor});
    check_own(n, s);
  }
}

// As a shard does: what one node did in a step is one diff, also where a life
// ended and another began.
void world::tell_listener(int n, int s, const actions& did) const {
  auto& to = *host_at(n).hears;
  actors::diff_builder diffs;
  std::vector<std::string_view> told;
  for (const auto& x : did.reports) {
    if (std::find(told.begin(), told.end(), x.whose.name) != told.end()) continue;
    told.push_back(x.whose.name);
    crdt::changes all;
    for (const auto& y : did.reports)
      if (y.whose.name == x.whose.name) all.insert(all.end(), y.changes.begin(), y.changes.end());
    to.told(s, diffs.build(machine(n, s).state().table(), all, nullptr));
  }
  for (const auto& x : did.events) to.changed(s, x);
}

void world::absorb(std::uint64_t x) noexcept {
  digest_ = (digest_ ^ x) * 0x9E3779B97F4A7C15ull;
  digest_ ^= digest_ >> 29;
}

void world::absorb(std::string_view bytes) noexcept {
  while (bytes.size() >= 8) {
    std::uint64_t word = 0;
    std::memcpy(&word, bytes.data(), 8);
    absorb(word);
    bytes.remove_prefix(8);
  }
  for (auto c : bytes) digest_ = (digest_ ^ static_cast<unsigned char>(c)) * 0x100000001B3ull;
}

} // namespace rollcall::sim
