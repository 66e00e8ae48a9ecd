// The network under the tests of the mesh; the tests are beside it.
#include "test/cluster/mesh/world.hpp"

#include <algorithm>

namespace rollcall::cluster::mesh::test {

namespace {

constexpr millis no_answer{2000}; // what a dial into nothing takes
constexpr millis no_word{5000};   // and one to who takes connections and is mute

template <class... Fs>
struct overloaded : Fs... {
  using Fs::operator()...;
};
template <class... Fs>
overloaded(Fs...) -> overloaded<Fs...>;

} // namespace

life& world::start(const std::string& name, std::size_t place,
                   const std::vector<std::size_t>& seeds,
                   const std::function<void(options&)>& change) {
  auto& x = lives_.emplace_back();
  x.place = place;
  x.config.cluster = "test";
  x.config.node = name;
  x.config.inc = {static_cast<std::uint64_t>(now.count()), ++last_inc_};
  x.config.address = to_string(address_of(place));
  x.config.seed = random_.next();
  for (auto seed : seeds) x.config.seeds.push_back(address_of(seed));
  if (change) change(x.config);
  x.machine = std::make_unique<membership>(x.config, now);
  x.ticks_at = x.machine->next_tick();
  tick_of(x, x.ticks_at);
  return x;
}

/// A tick at the time when the machine wants it, unless it wants one before.
void world::tick_of(life& x, millis when) {
  at(std::max(when, now), [this, &x, when] {
    deliver(x, [this, &x, when] {
      if (!x.alive || x.ticks_at != when) return;
      x.ticks_at = millis::max();
      ++x.ticks;
      step(x, tick{});
    });
  });
}

void world::step(life& x, const event& e) {
  if (!x.alive) return;
  std::visit(overloaded{
                 [&](const dial_done& d) { x.dialing.erase(d.dial); },
                 [&](const dial_failed& d) { x.dialing.erase(d.dial); },
                 [&](const dial_self& d) { x.dialing.erase(d.dial); },
                 [](const auto&) {},
             },
             e);
  carry_out(x, x.machine->step(e, now));
  check(x);
  if (x.machine->ended() || x.machine->next_tick() >= x.ticks_at) return;
  x.ticks_at = x.machine->next_tick();
  tick_of(x, x.ticks_at);
}

void world::carry_out(life& x, const actions& todo) {
  for (const auto& one : todo)
    std::visit(overloaded{
                   [&](const dial& a) { dial_out(x, a); },
                   [&](const look_up& a) { resolve(x, a); },
                   [&](const verify& a) { look_at(x, a); },
                   [&](const resolved& a) { x.resolutions.push_back(a.message); },
                   [&](const name_lost& a) { x.lost_names.push_back(a.message); },
                   [&](const send& a) { packet(x, a.to, a.bytes); },
                   [&](const forget& a) {
                     for (auto& c : connections_)
                       for (int end : {0, 1})
                         if (c.ends[end] == &x && c.ids[end] == a.channel)
                           c.ids[end] = ++last_channel_;
                   },
                   [&](const up& a) {
                     if (!x.links.emplace(a.node, a.channel).second)
                       broken = "two links to " + a.node;
                   },
                   [&](const down& a) {
                     const auto i = x.links.find(a.node);
                     if (i == x.links.end() || i->second != a.channel)
                       broken = "a link to " + a.node + " ends that never was";
                     else
                       x.links.erase(i);
                     x.downs.push_back(a.reason);
                   },
                   [&](const refused& a) { x.refusals.push_back(a); },
                   [&](const warning& a) { x.warnings.push_back(a.message); },
                   [&](const fatal& a) { x.end = a; },
               },
               one);
}

void world::check(const life& x) {
  if (x.machine->links() != x.links.size()) broken = "links are not what was told";
  for (const auto& [name, channel] : x.links) {
    if (x.machine->link_to(name) != channel) broken = "the link to " + name + " is another";
    if (x.machine->node_of(channel) != name) broken = "the channel of " + name + " is another's";
    if (name == x.config.node) broken = "a link to ourselves";
  }
}

void world::at(millis when, std::function<void()> f) {
  queue_.push({when, ++order_, std::move(f)});
}

void world::later(millis delay, std::function<void()> f) { at(now + delay, std::move(f)); }

void world::deliver(life& x, std::function<void()> f) {
  if (!x.alive) return;
  if (x.paused)
    x.held.push_back(std::move(f));
  else
    f();
}

void world::resume(life& x) {
  x.paused = false;
  auto held = std::exchange(x.held, {});
  for (auto& f : held) deliver(x, std::move(f));
}

life* world::listening(std::size_t place) {
  for (auto& x : lives_)
    if (x.alive && x.place == place && !x.machine->ended()) return &x;
  return nullptr;
}

world::connection* world::between(const life& a, const life& b) {
  for (auto& c : connections_)
    if (c.open && ((c.ends[0] == &a && c.ends[1] == &b) || (c.ends[0] == &b && c.ends[1] == &a)))
      return &c;
  return nullptr;
}

std::size_t world::place_of(const address& where) {
  const auto last = where.host.rfind('.');
  const auto third = where.host.rfind('.', last - 1);
  return 250 * std::stoul(where.host.substr(third + 1, last - third - 1))
         + std::stoul(where.host.substr(last + 1));
}

void world::resolve(life& x, const look_up& a) {
  ++x.look_ups;
  const auto found = names.find(a.name.host);
  looked_up answer{a.id, {}, "the name " + a.name.host + " cannot be resolved"};
  if (!dead_resolver && found != names.end())
    for (auto place : found->second(x)) answer.addresses.push_back(address_of(place));
  later(dead_resolver ? millis{30'000} : look_up_takes,
        [this, &x, answer] { deliver(x, [this, &x, answer] { step(x, answer); }); });
}

void world::look_at(life& x, const verify& a) {
  const auto place = place_of(a.where);
  const auto* there = listening(place);
  verified answer{a.id, {}, "nobody is there"};
  if (there != nullptr && !there->paused && !walled(x, *there) && !walled(*there, x))
    answer.node = there->config.node;
  later(answer.node.empty() ? no_answer : millis{30},
        [this, &x, answer] { deliver(x, [this, &x, answer] { step(x, answer); }); });
}

void world::dial_out(life& x, const dial& a) {
  ++x.dials;
  const auto place = place_of(a.where);
  ++x.dials_to[place];
  x.dialing[a.id] = place;
  auto fail = [this, &x, id = a.id](millis delay) {
    later(delay, [this, &x, id] {
      deliver(x, [this, &x, id] { step(x, dial_failed{id, "nobody is there"}); });
    });
  };
  if (place == x.place) {
    later(millis{1},
          [this, &x, id = a.id] { deliver(x, [this, &x, id] { step(x, dial_self{id}); }); });
    return;
  }
  if (mute.count(place) != 0) return fail(no_word);
  if (black.count(place) != 0) return fail(no_answer);
  const auto* target = listening(place);
  if (target == nullptr) return fail(millis{1 + random_.up_to(20)});
  if (walled(x, *target) || walled(*target, x) || target->paused) return fail(no_answer);
  dialing_.insert({&x, place});
  later(millis{1 + random_.up_to(30)}, [this, &x, id = a.id, place] { connected(x, id, place); });
}

void world::connected(life& x, std::uint64_t id, std::size_t place) {
  dialing_.erase({&x, place});
  if (!x.alive) return;
  auto* target = listening(place);
  if (target == nullptr || walled(x, *target) || walled(*target, x)) {
    deliver(x, [this, &x, id] { step(x, dial_failed{id, "it has gone"}); });
    return;
  }
  auto* c = between(x, *target);
  if (c == nullptr) {
    c = &connections_.emplace_back();
    c->ends[0] = &x;
    c->ends[1] = target;
    c->ids[0] = ++last_channel_;
    c->ids[1] = ++last_channel_;
    if (dialing_.count({target, x.place}) != 0 && random_.up_to(99) < collision_percent) {
      c->hole = true;
      later(millis{1000}, [this, c] { close(*c); });
    }
  }
  // the number as it is when the event is handled: it may have been renewed
  deliver(x, [this, &x, id, c] {
    if (c->open)
      step(x, dial_done{id, c->ids[c->ends[0] == &x ? 0 : 1]});
    else
      step(x, dial_failed{id, "lost at once"});
  });
}

void world::packet(life& from, channel_id channel, std::string bytes) {
  for (auto& c : connections_) {
    if (!c.open || c.hole) continue;
    for (std::size_t end : {0u, 1u}) {
      if (c.ends[end] != &from || c.ids[end] != channel) continue;
      auto* to = c.ends[1 - end];
      const auto arrival = std::max(now + millis{1 + random_.up_to(40)}, c.last_arrival[end]);
      c.last_arrival[end] = arrival;
      at(arrival, [this, &c, end, &from, to, bytes = std::move(bytes)] {
        if (!c.open || walled(from, *to)) return;
        deliver(*to, [this, &c, end, to, bytes] {
          if (c.dead_end[1 - end]) return;
          const auto x = open_packet(bytes);
          step(*to, received{c.ids[1 - end], x.kind, x.body});
        });
      });
      return;
    }
  }
}

void world::close(connection& c) {
  if (!c.open) return;
  c.open = false;
  for (std::size_t end : {0u, 1u}) {
    auto* x = c.ends[end];
    later(millis{random_.up_to(200)}, [this, &c, end, x] {
      deliver(*x, [this, &c, end, x] {
        c.dead_end[end] = true;
        step(*x, channel_lost{c.ids[end], "connection lost"});
      });
    });
  }
}

void world::kill(life& x) {
  x.alive = false;
  for (auto& c : connections_)
    if (c.ends[0] == &x || c.ends[1] == &x) close(c);
}

void world::power_off(life& x) {
  x.alive = false;
  for (auto& c : connections_)
    if (c.ends[0] == &x || c.ends[1] == &x) c.hole = true;
}

void world::leave(life& x) {
  step(x, mesh::leave{});
  later(millis{100}, [this, &x] {
    if (x.alive) kill(x);
  });
}

void world::break_connections(unsigned percent) {
  for (auto& c : connections_)
    if (random_.up_to(99) < percent) close(c);
}

void world::run(millis time) {
  const auto end = now + time;
  while (!queue_.empty() && queue_.top().at <= end && broken.empty()) {
    auto next = queue_.top();
    queue_.pop();
    now = std::max(now, next.at);
    next.what();
  }
  now = end;
}

bool world::run_until(const std::function<bool()>& done, millis most) {
  const auto end = now + most;
  while (broken.empty() && !done()) {
    if (now >= end) return false;
    run(millis{50});
  }
  return broken.empty();
}

void world::later_loss(life& x, channel_id channel) {
  later(millis{100}, [this, &x, channel] {
    deliver(x, [this, &x, channel] { step(x, channel_lost{channel, "gone"}); });
  });
}

std::vector<life*> world::all() {
  std::vector<life*> result;
  for (auto& x : lives_) result.push_back(&x);
  return result;
}

std::vector<life*> world::living() {
  std::vector<life*> result;
  for (auto& x : lives_)
    if (x.alive && !x.machine->ended()) result.push_back(&x);
  return result;
}

bool world::full_mesh() {
  const auto all = living();
  for (auto* x : all) {
    if (x->links.size() != all.size() - 1) return false;
    for (auto* y : all) {
      if (x == y) continue;
      const auto i = x->links.find(y->config.node);
      const auto* c = between(*x, *y);
      if (i == x->links.end() || c == nullptr || c->hole) return false;
      if (c->ids[c->ends[0] == x ? 0 : 1] != i->second) return false;
    }
  }
  return true;
}

std::string world::describe() {
  std::string result;
  for (auto& x : lives_) {
    if (!x.alive) continue;
    result += x.config.node + " at " + x.config.address
              + (x.machine->ended() ? " has ended\n" : " sees\n");
    for (const auto& p : x.machine->peers())
      result += "    " + p.name + " at " + p.address + " " + std::string{to_string(p.state)} + " "
                + p.reason + " " + p.warning + "\n";
  }
  return result;
}

} // namespace rollcall::cluster::mesh::test
