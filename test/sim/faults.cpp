#include "test/sim/faults.hpp"

#include "test/sim/world.hpp"

#include <algorithm>
#include <tuple>

namespace rollcall::sim {

namespace {

using type = deed::type;

instant moment(const script& s, random& r) {
  return instant{static_cast<std::int64_t>(r.below(static_cast<std::uint64_t>(s.span.count())))};
}

/// How long it lasts: a blink, or longer than what the protocol waits for.
instant length(const script& s, random& r) {
  auto& o = s.cluster.options;
  return r.pick({instant{100}, instant{2'000}, instant{10'000},
                 o.effective_down_period() + instant{5'000}, o.permdown_period + instant{5'000}});
}

deed& add(script& s, type what, instant at, int node) {
  auto& d = s.deeds.emplace_back();
  d.what = what;
  d.at = at;
  d.node = node;
  return d;
}

/// A few times.
template <class F>
void some(script& s, random& r, F&& what) {
  for (int i = r.pick({1, 1, 2, 3}); i > 0; --i) {
    const auto t = moment(s, r);
    what(t, r.index(static_cast<std::size_t>(s.cluster.nodes)));
  }
}

// -- weather ------------------------------------------------------------------

void loss(script& s, random& r) { s.cluster.weather.loss = r.pick({.02, .1, .3}); }
void duplication(script& s, random& r) { s.cluster.weather.duplication = r.pick({.05, .3}); }
void corruption(script& s, random& r) { s.cluster.weather.corruption = r.pick({.02, .1}); }
void delay(script& s, random& r) { s.cluster.weather.delay = instant{r.pick({500, 3000})}; }
void reordering(script& s, random& r) {
  s.cluster.weather.in_order = false;
  s.cluster.weather.straggling = r.pick({0., .02, .02});
  s.cluster.weather.delay = std::max(s.cluster.weather.delay, instant{r.pick({50, 500})});
}

// -- links --------------------------------------------------------------------

void cut(script& s, instant t, instant length, links pairs) {
  auto& d = add(s, type::cut, t, 0);
  d.length = length;
  d.pairs = std::move(pairs);
}

/// All pairs for which f(a, b) holds.
template <class F>
links where(const script& s, F&& f) {
  links pairs;
  for (int a = 0; a < s.cluster.nodes; ++a)
    for (int b = 0; b < s.cluster.nodes; ++b)
      if (a != b && f(a, b)) pairs.insert({a, b});
  return pairs;
}

/// Two sides, neither empty.
links between_halves(const script& s, random& r, bool both_ways) {
  const auto n = static_cast<std::size_t>(s.cluster.nodes);
  std::vector<bool> side(n);
  for (std::size_t i = 0; i < n; ++i) side[i] = r.below(2) == 0;
  const auto one = r.below(n), other = (one + 1 + r.below(n - 1)) % n;
  side[one] = true;
  side[other] = false;
  return where(s, [&](int a, int b) {
    const bool from = side[static_cast<std::size_t>(a)], to = side[static_cast<std::size_t>(b)];
    return from != to && (from || both_ways);
  });
}

void partition(script& s, random& r) {
  some(s, r, [&](instant t, int) {
    if (r.below(4) == 0) // each alone
      cut(s, t, length(s, r), where(s, [](int, int) { return true; }));
    else
      cut(s, t, length(s, r), between_halves(s, r, true));
  });
}

void oneway(script& s, random& r) {
  some(s, r, [&](instant t, int) { cut(s, t, length(s, r), between_halves(s, r, false)); });
}

/// Each hears its two neighbours only, or (a chain) the ends one.
void ring(script& s, random& r) {
  some(s, r, [&](instant t, int) {
    const bool chain = r.below(2) == 0;
    const int n = s.cluster.nodes;
    cut(s, t, length(s, r), where(s, [&](int a, int b) {
          const int apart = a < b ? b - a : a - b;
          return apart != 1 && (chain || apart != n - 1);
        }));
  });
}

void isolate(script& s, random& r) {
  some(s, r, [&](instant t, int n) {
    cut(s, t, length(s, r), where(s, [&](int a, int b) { return a == n || b == n; }));
  });
}

void flapping(script& s, random& r) {
  some(s, r, [&](instant t, int n) {
    const int m =
        (n + 1 + r.index(static_cast<std::size_t>(s.cluster.nodes - 1))) % s.cluster.nodes;
    const instant off{r.pick({100, 700, 2'000, 5'000})}, on{r.pick({100, 700, 2'000})};
    for (int i = r.pick({4, 10}); i > 0; --i, t += off + on) cut(s, t, off, {{n, m}, {m, n}});
  });
}

void clog(script& s, random& r) {
  some(s, r, [&](instant t, int n) {
    auto& d = add(s, type::clog, t, 0);
    d.length = length(s, r);
    d.pairs = r.below(2) == 0 ? between_halves(s, r, false)
                              : where(s, [&](int a, int) { return a == n; });
  });
}

// -- processes ----------------------------------------------------------------

void suspend(script& s, random& r) {
  some(s, r, [&](instant t, int n) { add(s, type::suspend, t, n).length = length(s, r); });
}

void slow(script& s, random& r) {
  some(s, r, [&](instant t, int n) {
    auto& d = add(s, type::slow, t, n);
    d.length = r.pick({instant{2'000}, instant{10'000},
                       s.cluster.options.effective_down_period() + instant{5'000}});
    d.amount = r.pick({5, 50, 300});
  });
}

void end_and_start(script& s, random& r, instant t, int n, bool bye) {
  add(s, bye ? type::bye : type::crash, t, n);
  add(s, type::start, t + instant{r.pick({0, 50, 2'000, 40'000})}, n);
}

void crash(script& s, random& r) {
  some(s, r, [&](instant t, int n) { end_and_start(s, r, t, n, false); });
}

void gone(script& s, random& r) {
  const int n = r.index(static_cast<std::size_t>(s.cluster.nodes));
  const auto t = moment(s, r);
  add(s, type::crash, t, n);
  std::erase_if(s.deeds,
                [&](const deed& d) { return d.what == type::start && d.node == n && d.at >= t; });
  s.ends[static_cast<std::size_t>(n)] = ending::crashed;
}

void bye(script& s, random& r) {
  some(s, r, [&](instant t, int n) { end_and_start(s, r, t, n, true); });
}

/// A bye right after an operation of its own, or of another; with its change
/// unflushed, or in the air; and back at once, or later.
void badbye(script& s, random& r) {
  std::vector<std::pair<instant, int>> busy;
  for (auto& d : s.deeds)
    if (d.what >= type::track) busy.emplace_back(d.at, d.node);
  some(s, r, [&](instant t, int n) {
    if (!busy.empty()) std::tie(t, n) = busy[r.below(busy.size())];
    t += instant{r.pick({0, 0, 1, 10, 26})};
    add(s, type::bye, t, n);
    add(s, type::start, t + instant{r.pick({0, 1, 50, 2'000})}, n);
    if (r.below(2) == 0) // and what it said is held up
      cut(s, t, instant{r.pick({1, 100, 2'000})}, where(s, [&](int a, int) { return a == n; }));
  });
}

/// A node drains, and goes, or stays; its keys come back elsewhere, or where it
/// was, or never.
void drain(script& s, random& r) {
  some(s, r, [&](instant t, int n) {
    add(s, type::drain, t, n).length = r.pick({instant{1'000}, instant{5'000}, instant{20'000}});
    if (r.below(2) == 0) { // the keys that are busy move
      const int to =
          (n + 1 + r.index(static_cast<std::size_t>(s.cluster.nodes - 1))) % s.cluster.nodes;
      for (int i = 0; i < 4; ++i) {
        auto& d = add(s, type::track, t + instant{r.pick({1, 60, 400, 2'000})}, to);
        d.topic = "t0";
        d.key = "k" + std::to_string(i);
      }
    }
    if (r.below(4) == 0) return;
    end_and_start(s, r, t + instant{r.pick({0, 30, 1'500, 6'000})}, n, r.below(3) != 0);
  });
}

/// All nodes are drained and restarted, one after the other.
void deploy(script& s, random& r) {
  auto t = moment(s, r);
  const instant lease{r.pick({2'000, 10'000, 20'000})}, apart{r.pick({500, 3'000, 10'000})};
  for (int n = 0; n < s.cluster.nodes; ++n, t += apart) {
    add(s, type::drain, t, n).length = lease;
    add(s, type::bye, t + instant{r.pick({0, 50})}, n);
    add(s, type::start, t + instant{r.pick({60, 1'000})}, n);
    for (int i = 0; i < 4; ++i) {
      auto& d =
          add(s, type::track, t + instant{r.pick({100, 400, 1'500})}, (n + 1) % s.cluster.nodes);
      d.topic = "t0";
      d.key = "k" + std::to_string(i);
    }
  }
}

void shardcrash(script& s, random& r) {
  some(s, r, [&](instant t, int n) {
    for (int i = r.pick({1, 1, 2, 4}); i > 0; --i, t += instant{r.pick({0, 20, 1'000})})
      add(s, type::shard_crash, t, n).amount = r.index(static_cast<std::size_t>(s.cluster.shards));
  });
}

void wall_clock(script& s, random& r) {
  some(s, r, [&](instant t, int n) {
    add(s, type::wall_clock, t, n).amount =
        r.pick<std::int64_t>({-1'000'000'000, -1'000'000, 1'000'000, 1'000'000'000});
    // It shows only at a start; and what comes of it only later, where the
    // others can not tell it at once.
    if (r.below(4) == 0) return;
    const auto end = t + instant{static_cast<std::int64_t>(r.below(3'000))};
    end_and_start(s, r, end, n, false);
    if (r.below(2) == 0)
      cut(s, end, length(s, r), where(s, [&](int a, int b) { return a == n || b == n; }));
  });
}

// -- all together -------------------------------------------------------------

void version(script& s, random& r) {
  s.cluster.newer = static_cast<unsigned>(1 + r.below((1u << s.cluster.nodes) - 1));
}

void rolling(script& s, random& r) {
  auto t = moment(s, r);
  const instant apart{r.pick({200, 2'000, 10'000})}, off{r.pick({0, 500, 3'000})};
  const bool says_bye = r.below(2) == 0;
  for (int n = 0; n < s.cluster.nodes; ++n, t += apart) {
    add(s, says_bye ? type::bye : type::crash, t, n);
    add(s, type::start, t + off, n);
  }
}

void massjoin(script& s, random& r) {
  const auto t = moment(s, r);
  const int first = r.index(2);
  for (auto& d : s.deeds)
    if (d.what == type::start && d.at <= instant{5'000} && d.node >= first) d.at = t;
}

void massdeath(script& s, random& r) {
  const auto t = moment(s, r);
  const int spared = r.index(static_cast<std::size_t>(s.cluster.nodes) + 1);
  const bool back = r.below(3) != 0;
  const auto off = r.pick({instant{0}, instant{50}, instant{2'000},
                           s.cluster.options.effective_down_period() + instant{5'000}});
  for (int n = 0; n < s.cluster.nodes; ++n) {
    if (n == spared) continue;
    add(s, r.below(8) == 0 ? type::bye : type::crash, t, n);
    if (back) add(s, type::start, t + off, n);
  }
}

/// What a node said comes when the others have dropped it, or when it is dead.
void oldframes(script& s, random& r) {
  auto& o = s.cluster.options;
  some(s, r, [&](instant t, int n) {
    const auto off = r.pick({o.effective_down_period(), o.permdown_period, o.permdown_period});
    const bool to_all = r.below(2) == 0;
    const int one =
        (n + 1 + r.index(static_cast<std::size_t>(s.cluster.nodes - 1))) % s.cluster.nodes;
    auto& d = add(s, type::clog, t, 0);
    d.length = off + instant{r.pick({-500, 200, 5'000})};
    d.pairs = where(s, [&](int a, int b) { return a == n && (to_all || b == one); });
    switch (r.below(4)) {
    case 0:
      add(s, type::crash, t + instant{2'000}, n);
      break;
    case 1:
      end_and_start(s, r, t + instant{2'000}, n, false);
      break;
    case 2:
      end_and_start(s, r, t + instant{2'000}, n, true);
      break;
    default:
      break;
    }
  });
}

// -- members gone bad, and full tables ------------------------------------------

/// One node lies for a while. It ends before all faults do, and comes back honest.
void liar(script& s, random& r) {
  const int n = r.index(static_cast<std::size_t>(s.cluster.nodes));
  const auto from = moment(s, r);
  const auto length = instant{
      static_cast<std::int64_t>(r.below(static_cast<std::uint64_t>((s.span - from).count()) + 1))};
  for (int i = r.pick({5, 20, 60}); i > 0; --i) {
    const auto t = from
                   + instant{static_cast<std::int64_t>(
                       r.below(static_cast<std::uint64_t>(length.count()) + 1))};
    add(s, type::lie, t, n).amount = r.index(world::kinds_of_lies);
  }
  add(s, type::crash, s.span - instant{1}, n);
}

/// More names than places, and little room for presences: what lives at the end
/// fits, and only if what is down makes room.
void crowded(script& s, random& r) {
  const auto living = std::max<std::size_t>(
      2, static_cast<std::size_t>(std::count(s.ends.begin(), s.ends.end(), ending::runs)));
  auto& lim = s.cluster.options.limits;
  s.crowded = true;
  if (r.below(3) != 0) lim.max_replicas = living - 1;
  if (r.below(3) != 0) {
    lim.max_presences_per_replica = r.pick<std::size_t>({2, 4, 20});
    lim.max_presences = lim.max_presences_per_replica * living;
  }
}

} // namespace

const std::vector<fault>& all_faults() {
  static const std::vector<fault> table{
      {"loss", "frames are lost", loss},
      {"duplication", "frames come twice", duplication},
      {"corruption", "frames are damaged on their way", corruption},
      {"delay", "frames take up to 3 s", delay},
      {"reordering", "frames overtake each other, some come 20 s late", reordering},
      {"clog", "a link holds all that comes for a while, then gives it at once", clog},
      {"partition", "no frames between two parts of the cluster, or anybody", partition},
      {"oneway", "no frames from one part to the other", oneway},
      {"ring", "nodes hear their neighbours in a ring or chain only", ring},
      {"isolate", "no frames to or from one node", isolate},
      {"flapping", "a link goes and comes, again and again", flapping},
      {"suspend", "a process stands still, and its timers come late", suspend},
      {"slow", "a process takes its time for every event", slow},
      {"crash", "a process ends without a word, and starts again", crash},
      {"gone", "a process ends without a word, for ever", gone},
      {"bye", "a process says bye, and starts again", bye},
      {"badbye", "a process says bye right after a change, and what it says is held up", badbye},
      {"drain", "a node says that it goes, and goes or stays; its keys come back elsewhere", drain},
      {"deploy", "all are drained and restarted, one after the other", deploy},
      {"shardcrash", "a shard dies and comes back with its presences", shardcrash},
      {"wallclock", "a host's clock steps back or forth", wall_clock},
      {"version", "some nodes speak a later version", version},
      {"rolling", "all are restarted, one after the other", rolling},
      {"massjoin", "all start at once, late", massjoin},
      {"massdeath", "all but one or none die at once", massdeath},
      {"oldframes", "what a node said comes when it is permdown or dead", oldframes},
      {"liar", "a member sends well-formed lies of every kind", liar},
      {"crowded", "more names than places, and little room for presences", crowded},
  };
  return table;
}

bool parse_faults(std::string_view list, std::vector<const fault*>& out, std::string& unknown) {
  out.clear();
  if (list == "none") return true;
  if (list == "all") {
    for (auto& f : all_faults()) out.push_back(&f);
    return true;
  }
  while (!list.empty()) {
    const auto name = list.substr(0, list.find(','));
    list.remove_prefix(std::min(list.size(), name.size() + 1));
    const auto& all = all_faults();
    auto i = std::find_if(all.begin(), all.end(), [&](auto& f) { return f.name == name; });
    if (i == all.end()) {
      unknown = name;
      return false;
    }
    out.push_back(&*i);
  }
  return true;
}

} // namespace rollcall::sim
