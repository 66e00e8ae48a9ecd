// What a seed stands for.
#include "test/sim/run.hpp"

#include <algorithm>

namespace rollcall::sim {

namespace {

/// Of all that can go wrong, a few things in one run, and in some runs nothing.
std::vector<const fault*> chosen(const mix& m, random& r) {
  auto left = m.faults;
  if (left.size() < all_faults().size()) return left;
  std::vector<const fault*> some;
  for (auto n = r.pick<std::size_t>({0, 1, 2, 3, 3, 4, 5, 6, 8, 12}); n > 0 && !left.empty(); --n) {
    const auto i = left.begin() + r.index(left.size());
    some.push_back(*i);
    left.erase(i);
  }
  // What is lost, late or of another life shows the most, together with all
  // others.
  if (!some.empty())
    for (auto* f : left)
      if ((f->name == "loss" || f->name == "reordering" || f->name == "wallclock")
          && r.below(3) == 0)
        some.push_back(f);
  return some;
}

deed operation(random r, int shards) {
  deed d;
  if (r.below(2) == 0) { // one that comes and goes all the time
    d.topic = "t0";
    d.key = "k0";
  } else {
    d.topic = "t" + std::to_string(r.below(static_cast<std::uint64_t>(2 * shards)));
    d.key = "k" + std::to_string(r.below(4));
    d.actor = 1 + r.below(2);
  }
  switch (r.below(50)) {
  case 0:
    d.what = deed::type::end_actor;
    return d;
  case 1:
    d.what = deed::type::track_many;
    d.amount = static_cast<std::int64_t>(r.below(40));
    return d;
  default:
    break;
  }
  d.what = r.pick({deed::type::track, deed::type::track, deed::type::update, deed::type::update,
                   deed::type::untrack});
  return d;
}

} // namespace

script drawn(std::uint64_t seed, const mix& m) {
  random plan{seed, "plan"};
  script s;
  s.seed = seed;
  s.cluster = settings::drawn(plan);
  if (m.nodes) s.cluster.nodes = *m.nodes;
  if (m.shards) s.cluster.shards = *m.shards;
  s.cluster.wall_time = m.wall_time;
  s.span = instant{plan.pick({5'000, 20'000, 60'000, 200'000})};
  const auto nodes = static_cast<std::size_t>(s.cluster.nodes);

  random ends{seed, "ends"};
  const auto must = ends.below(nodes);
  for (std::size_t n = 0; n < nodes; ++n) {
    const bool runs = ends.chance(.85) || n == must;
    s.ends.push_back(runs ? ending::runs : ends.below(2) == 0 ? ending::said_bye : ending::crashed);
  }
  for (int n = 0; n < s.cluster.nodes; ++n) {
    deed d;
    d.what = deed::type::start;
    d.at = instant{plan.pick({0, 0, 10, 5'000})};
    d.node = n;
    s.deeds.push_back(d);
  }
  random r{seed, "operations"};
  const int ops = r.pick({5, 20, 60, 150});
  for (int i = m.ops.value_or(ops); i > 0; --i) {
    const instant at{
        static_cast<std::int64_t>(r.below(static_cast<std::uint64_t>(s.span.count())))};
    const int n = r.index(nodes);
    auto& d = s.deeds.emplace_back(operation(random{r.next()}, s.cluster.shards));
    d.at = at;
    d.node = n;
  }
  for (auto* f : chosen(m, plan)) {
    random own{seed, f->name};
    f->arrange(s, own);
  }
  if (std::none_of(s.ends.begin(), s.ends.end(), [](auto e) { return e == ending::runs; }))
    s.ends[must] = ending::runs; // somebody must
  return s;
}

} // namespace rollcall::sim
