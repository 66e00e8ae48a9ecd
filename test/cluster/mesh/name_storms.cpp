#include "test/cluster/mesh/name_storms.hpp"

#include "test/cluster/mesh/world.hpp"

namespace rollcall::cluster::mesh::test {

using namespace std::chrono_literals;

namespace {

using places = std::vector<std::size_t>;

constexpr std::size_t dead_from = 1000; ///< places where nobody is
constexpr std::size_t dead_count = 100;
constexpr std::size_t mute_from = 600; ///< who is there takes connections and says nothing
constexpr std::size_t mute_count = 40;
constexpr std::size_t hearsay_quota = 8; ///< of `options::slots`
/// What the rules promise with room to spare: a lost link is dialed at once.
constexpr millis back_within{10'000};

std::string letter(std::size_t i) { return {static_cast<char>('a' + i % 26)}; }

/// Somebody who says what it likes, over a connection of its own, and is gone.
class stranger {
public:
  static void tell_dead(world& w, life& x) {
    auto h = by_name("zz", 500);
    for (std::size_t i = 0; i < dead_count; ++i)
      h.members.push_back(
          {"pod-" + std::to_string(i), to_string(world::address_of(dead_from + i))});
    say(w, x, 999'999, h);
  }
  /// It is `name`, was there long before, and has links.
  static void claim_age(world& w, life& x, const std::string& name) {
    auto h = by_name(name, 501);
    h.members.push_back({"friend", to_string(world::address_of(502))});
    say(w, x, 999'998, h);
  }

private:
  static hello by_name(const std::string& name, std::size_t place) {
    hello h;
    h.cluster = "test";
    h.node = name;
    h.inc = {1, 1};
    h.address = to_string(world::address_of(place));
    return h;
  }
  static void say(world& w, life& x, channel_id channel, const hello& h) {
    const auto bytes = encode(h);
    w.step(x, received{channel, packet_kind::hello, bytes});
    w.later_loss(x, channel);
  }
};

/// What may never be, looked for all along.
struct watch {
  world& w;
  bool may_end = false; ///< whether a name is lost to a namesake in this run

  std::string violation() const {
    if (!w.broken.empty()) return "links: " + w.broken;
    for (const auto* x : w.all()) {
      if (x->end && !may_end) return "ended: " + x->config.node + ": " + x->end->message;
      if (!may_end && !x->lost_names.empty()) return "name lost: " + x->lost_names.front();
      const auto hearsay = std::count_if(x->dialing.begin(), x->dialing.end(),
                                         [](const auto& d) { return d.second >= dead_from; });
      if (x->alive && static_cast<std::size_t>(hearsay) > hearsay_quota)
        return "quota: " + std::to_string(hearsay) + " dials at once to what is only hearsay";
    }
    return {};
  }
  /// Runs on, in slices short enough to see dials that are under way.
  std::string run(millis time) const {
    for (const auto end = w.now + time; w.now < end;) {
      w.run(std::min(millis{250}, end - w.now));
      if (auto x = violation(); !x.empty()) return x;
    }
    return {};
  }
  std::string whole_within(millis most, std::size_t nodes, const char* what) const {
    const bool ok = w.run_until([&] { return w.living().size() == nodes && w.full_mesh(); }, most);
    if (auto x = violation(); !x.empty()) return x;
    return ok ? std::string{} : std::string{what} + ": no full mesh\n" + w.describe();
  }
};

/// What the one name that all know stands for, to whom, and when.
world::name_server draw_name(world& w, std::size_t n) {
  switch (w.pick(4)) {
  case 0: { // some of them, in turns
    const auto shown = 1 + w.pick(2);
    const auto next = std::make_shared<std::size_t>(0);
    return [=](const life&) {
      places result;
      for (std::size_t i = 0; i < shown; ++i) result.push_back((*next)++ % n);
      return result;
    };
  }
  case 1: { // whoever asks, for a while
    const auto turns = 1 + w.pick(3);
    return [&w, n, turns](const life& x) {
      return x.look_ups <= turns ? places{x.place} : places{w.pick(n)};
    };
  }
  case 2: // all, but the first one is mute
    w.mute.insert(mute_from + mute_count);
    return [n](const life&) {
      places result{mute_from + mute_count};
      for (std::size_t i = 0; i < n; ++i) result.push_back(i);
      return result;
    };
  default: // pairs, and later others
    return [&w, n](const life& x) {
      if (w.now < 20s) return places{x.place / 2 * 2, std::min(x.place / 2 * 2 + 1, n - 1)};
      return places{w.pick(n), w.pick(n)};
    };
  }
}

} // namespace

std::string storm_of_names(std::uint64_t seed) {
  world w{seed};
  const watch look{w};
  const auto n = 2 + w.pick(4);
  const bool by_name = w.pick(2) == 0;
  const bool silent_seeds = w.pick(3) == 0;
  const bool dead_book = w.pick(3) != 0;
  if (by_name) w.names["pods.example"] = draw_name(w, n);
  if (silent_seeds)
    for (std::size_t i = 0; i < mute_count; ++i) w.mute.insert(mute_from + i);
  if (w.pick(2) == 0)
    for (std::size_t i = 0; i < dead_count; ++i) w.black.insert(dead_from + i);
  std::vector<places> seeds(n);
  for (std::size_t i = 1; i < n; ++i)
    if (!by_name) seeds[i].push_back(w.pick(i));
  std::vector<life*> at(n);
  const auto start = [&](std::size_t i) {
    at[i] = &w.start(letter(i * 7 + seed), i, seeds[i], [&](options& x) {
      if (by_name) x.seeds.push_back({"pods.example", 4369});
      for (std::size_t k = 0; silent_seeds && k < mute_count; ++k)
        x.seeds.push_back(world::address_of(mute_from + k));
    });
  };
  for (std::size_t i = 0; i < n; ++i) {
    start(i);
    if (w.pick(2) == 0) w.run(millis{w.pick(5000)});
  }
  for (int i = 0; i < 12; ++i) {
    const auto k = w.pick(n);
    auto& x = *at[k];
    switch (w.pick(8)) {
    case 0:
      if (x.alive) w.kill(x);
      break;
    case 1:
      if (!x.alive) start(k);
      break;
    case 2:
      w.cut(k, w.pick(n));
      break;
    case 3:
      w.break_connections(50);
      break;
    case 4:
      w.dead_resolver = !w.dead_resolver;
      break;
    case 5:
      if (x.alive && dead_book) stranger::tell_dead(w, x);
      break;
    case 6: // to it, or to another about it; who has no link has but its word for its name
      if (x.alive && !x.links.empty()) {
        auto& told = *at[w.pick(n)];
        if (told.alive && !told.links.empty()) stranger::claim_age(w, told, x.config.node);
      }
      break;
    default:
      w.heal();
    }
    if (auto v = look.run(millis{w.pick(8000)}); !v.empty()) return v;
  }
  w.heal();
  w.dead_resolver = false;
  for (std::size_t i = 0; i < n; ++i)
    if (!at[i]->alive) start(i);
  if (auto v = look.whole_within(by_name ? 300s : 60s, n, "healed"); !v.empty()) return v;

  // All links are lost for a second, while there is much else to dial.
  if (auto v = look.run(millis{20'000}); !v.empty()) return v;
  if (dead_book)
    for (auto* x : w.living()) stranger::tell_dead(w, *x);
  w.dead_resolver = w.pick(2) == 0;
  if (auto v = look.run(millis{w.pick(5000)}); !v.empty()) return v;
  for (std::size_t a = 0; a < n; ++a)
    for (std::size_t b = 0; b < n; ++b) w.cut(a, b);
  w.break_connections(100);
  if (auto v = look.run(1s); !v.empty()) return v;
  w.heal();
  if (auto v = look.whole_within(back_within, n, "lost for a second"); !v.empty()) return v;

  // Who is gone is forgotten after the permdown period.
  if (w.pick(4) != 0) return {};
  for (auto* x : w.living()) w.step(*x, trackers_changed{{{"lobby", 1, 100ms, 500ms, 20'000ms}}});
  if (auto v = look.run(45s); !v.empty()) return v;
  for (const auto* x : w.living())
    for (const auto& p : x->machine->peers())
      if (p.name.starts_with("pod-")) return "forgets: " + p.name + " is still known";
  return {};
}

std::string storm_of_islands(std::uint64_t seed) {
  world w{seed};
  const watch look{w, true};
  for (std::size_t a = 0; a < 3; ++a)
    for (std::size_t b = 3; b < 6; ++b) w.cut(a, b), w.cut(b, a);
  const std::string others[] = {"a", "b", "m", "w", "y", "z"};
  const auto first = w.pick(2);
  life* x[2] = {};
  for (const auto island : {first, 1 - first}) {
    const auto base = 3 * island;
    w.start(others[(seed + 2 * island) % 6], base, {});
    w.start(others[(seed + 2 * island + 1) % 6], base + 1, {base});
    w.run(millis{w.pick(2000)});
    x[island] = &w.start("x", base + 2, {base + w.pick(2)});
    if (auto v = look.run(millis{1000 + w.pick(5000)}); !v.empty()) return v;
  }
  if (w.pick(2) == 0)
    for (auto* one : w.living()) stranger::tell_dead(w, *one);
  w.heal();
  if (w.pick(2) == 0) {
    w.names["pods.example"] = [&w](const life&) { return places{w.pick(6)}; };
    w.start("n", 6, {}, [](options& o) { o.seeds.push_back({"pods.example", 4369}); });
  } else {
    w.start("n", 6, {w.pick(3), 3 + w.pick(3)});
  }
  if (w.pick(3) == 0) w.break_connections(50);
  if (auto v = look.whole_within(300s, 6, "islands"); !v.empty()) return v;
  if (x[first]->end) return "age: the older one lost its name";
  for (const auto* one : w.all())
    if (one->end && one != x[1 - first]) return "ended: " + one->config.node;
  return {};
}

std::string storm_of_strangers(std::uint64_t seed) {
  world w{seed};
  const watch look{w};
  const auto apart = [](options& x) { x.islands_merge = false; };
  const auto shared = w.pick(3); // this name both have; others as it comes
  for (const std::size_t base : {0u, 10u}) {
    for (std::size_t i = 0; i < 3; ++i) {
      const bool other = base != 0 && i != shared && w.pick(2) == 0;
      w.start(letter(other ? 15 + i : i), base + i, i == 0 ? places{} : places{base}, apart);
    }
    if (auto v = look.run(millis{2000 + w.pick(3000)}); !v.empty()) return v;
  }
  if (w.pick(2) == 0) {
    // One of the first ends, and one of the second gets its port.
    w.kill(*w.living()[w.pick(3)]);
    const auto free = w.listening_at(0) ? (w.listening_at(1) ? 2u : 1u) : 0u;
    w.run(millis{w.pick(3000)});
    w.start("d", free, {10 + w.pick(3)}, apart);
  } else {
    w.start("d", 5, {w.pick(3), 10 + w.pick(3)}, apart);
  }
  if (w.pick(2) == 0)
    for (auto* x : w.living())
      if (!x->links.empty()) stranger::tell_dead(w, *x);
  w.dead_resolver = w.pick(2) == 0;
  return look.run(120s);
}

std::string name_storm(std::uint64_t seed) {
  switch (seed % 4) {
  case 0:
    return storm_of_islands(seed);
  case 1:
    return storm_of_strangers(seed);
  default:
    return storm_of_names(seed);
  }
}

} // namespace rollcall::cluster::mesh::test
