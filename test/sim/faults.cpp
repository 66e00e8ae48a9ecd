#include "test/sim/faults.hpp"

#include <algorithm>

namespace rollcall::sim {

namespace {

instant moment(random& r, instant span) {
  return instant{static_cast<std::int64_t>(r.below(static_cast<std::uint64_t>(span.count())))};
}

/// How long it lasts: a blink, or longer than what the protocol waits for.
instant length(const world& w, random& r) {
  auto& o = w.options();
  return r.pick({instant{100}, instant{2'000}, instant{10'000},
                 o.effective_down_period() + instant{5'000}, o.permdown_period + instant{5'000}});
}

/// A few times in some runs, and not at all in the others.
template <class F>
void some(world& w, random& r, instant span, F&& what) {
  if (r.below(3) == 0) return;
  for (int i = r.pick({1, 1, 2, 3}); i > 0; --i) {
    const auto t = w.now() + moment(r, span);
    what(t, r.index(static_cast<std::size_t>(w.size())));
  }
}

/// Two sides, neither empty.
links between_halves(const world& w, random& r, bool both_ways) {
  std::vector<bool> side(static_cast<std::size_t>(w.size()));
  const auto n = static_cast<std::size_t>(w.size());
  for (std::size_t i = 0; i < n; ++i) side[i] = r.below(2) == 0;
  const auto one = r.below(n), other = (one + 1 + r.below(n - 1)) % n;
  side[one] = true;
  side[other] = false;
  links pairs;
  for (int a = 0; a < w.size(); ++a)
    for (int b = 0; b < w.size(); ++b)
      if (side[static_cast<std::size_t>(a)] && !side[static_cast<std::size_t>(b)]) {
        pairs.insert({a, b});
        if (both_ways) pairs.insert({b, a});
      }
  return pairs;
}

links around(const world& w, int n) {
  links pairs;
  for (int other = 0; other < w.size(); ++other)
    if (other != n) pairs.insert({{n, other}, {other, n}});
  return pairs;
}

void part(world& w, instant t, instant until, const links& pairs) {
  w.at(t, [&w, pairs] { w.cut(pairs); });
  w.at(until, [&w, pairs] { w.heal(pairs); });
}

// -- weather ------------------------------------------------------------------

void loss(world& w, random& r, instant) { w.weather.loss = r.pick({0., 0., .02, .1, .3}); }
void duplication(world& w, random& r, instant) {
  w.weather.duplication = r.pick({0., 0., .05, .3});
}
void corruption(world& w, random& r, instant) { w.weather.corruption = r.pick({0., 0., .02, .1}); }
void delay(world& w, random& r, instant) {
  w.weather.delay = instant{r.pick({1, 5, 50, 500, 3000})};
}
void reordering(world& w, random& r, instant) {
  w.weather.in_order = r.below(5) < 2;
  if (!w.weather.in_order) w.weather.straggling = .02;
}

// -- the script ---------------------------------------------------------------

void partition(world& w, random& r, instant span) {
  some(w, r, span,
       [&](instant t, int) { part(w, t, t + length(w, r), between_halves(w, r, true)); });
}

void oneway(world& w, random& r, instant span) {
  some(w, r, span,
       [&](instant t, int) { part(w, t, t + length(w, r), between_halves(w, r, false)); });
}

void suspend(world& w, random& r, instant span) {
  some(w, r, span,
       [&](instant t, int n) { w.at(t, [&w, n, l = length(w, r)] { w.pause(n, l); }); });
}

void end_and_start(world& w, random& r, instant t, int n, bool bye) {
  w.at(t, [&w, n, bye] { w.stop(n, bye); });
  w.at(t + instant{r.pick({0, 50, 2'000, 40'000})}, [&w, n] { w.start(n); });
}

void crash(world& w, random& r, instant span) {
  some(w, r, span, [&](instant t, int n) { end_and_start(w, r, t, n, false); });
}

void bye(world& w, random& r, instant span) {
  some(w, r, span, [&](instant t, int n) { end_and_start(w, r, t, n, true); });
}

void wall_clock(world& w, random& r, instant span) {
  some(w, r, span, [&](instant t, int n) {
    const auto us = r.pick<std::int64_t>({-1'000'000'000, -1'000'000, 1'000'000, 1'000'000'000});
    w.at(t, [&w, n, us] { w.step_wall_clock(n, us); });
    // It shows only at a start; and what comes of it only later, where the
    // others can not tell it at once.
    if (r.below(2) == 0) return;
    const auto crash = t + moment(r, instant{3'000});
    end_and_start(w, r, crash, n, false);
    if (r.below(2) == 0) part(w, crash, crash + length(w, r), around(w, n));
  });
}

} // namespace

const std::vector<fault>& all_faults() {
  static const std::vector<fault> table{
      {"loss", "frames are lost", loss},
      {"duplication", "frames come twice", duplication},
      {"corruption", "frames are damaged on their way", corruption},
      {"delay", "frames take up to 3 s", delay},
      {"reordering", "frames overtake each other, some come 20 s late", reordering},
      {"partition", "no frames between two parts of the cluster, either way", partition},
      {"oneway", "no frames from one part to the other", oneway},
      {"suspend", "a process stands still, and its timers come late", suspend},
      {"crash", "a process ends without a word, and starts again", crash},
      {"bye", "a process says bye, and starts again", bye},
      {"wallclock", "a host's clock steps back or forth", wall_clock},
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
