#include "test/sim/run.hpp"

#include "cluster/liveness.hpp"

#include <algorithm>
#include <ostream>

namespace rollcall::sim {

namespace {

/// One run, phase by phase.
class random_run {
public:
  random_run(std::uint64_t seed, const mix& m, std::ostream* story)
      : seed_(seed), mix_(m), plan_(seed, "plan"), world_(seed, draw(), story) {}

  void disturb() {
    span_ = instant{plan_.pick({5'000, 20'000, 60'000, 200'000})};
    for (int n = 0; n < world_.size(); ++n)
      world_.at(instant{plan_.pick({0, 0, 10, 5'000})}, [this, n] { world_.start(n); });
    operations();
    for (auto* f : mix_.faults) {
      random own{seed_, f->name};
      f->arrange(world_, own, span_);
    }
    world_.run_until(span_);
  }

  /// Returns the periods that it took.
  double converge() {
    world_.forget_scripts();
    world_.heal_all();
    random ends{seed_, "ends"};
    const int must = ends.index(static_cast<std::size_t>(world_.size()));
    for (int n = 0; n < world_.size(); ++n) {
      if (n == must || ends.chance(.85))
        world_.start(n);
      else
        world_.stop(n, ends.below(2) == 0);
    }
    const auto t0 = world_.now();
    const auto limit =
        instant{static_cast<std::int64_t>(allowed() * static_cast<double>(period().count()))};
    // Slow frames are on their way, and those behind them must wait.
    if (!world_.run_until(world_.clear_at() + limit, [this] { return world_.agreed(); })) {
      if (world_.run_until(t0 + 40 * period(), [this] { return world_.agreed(); }))
        throw violation("convergence: late, after " + std::to_string(in_periods(world_.now() - t0))
                        + " periods of " + std::to_string(allowed()));
      throw violation("convergence: none");
    }
    return in_periods(world_.now() - t0);
  }

  /// The last late frame, then silence: nobody shows the dead, nobody holds
  /// anything of them, and an idle cluster neither pulls nor reports.
  void rest() {
    auto& o = world_.options();
    constexpr auto pull = static_cast<std::size_t>(cluster::frame_kind::pull);
    world_.run_until(world_.now() + instant{25'000} + o.effective_down_period() + 3 * period());
    must_agree();
    if (!world_.clean()) throw violation("final: of a dead life, still online");
    // From here on no frame is under way that could show a gap: slices of the
    // dead are held, hidden, and unequal among us, and nobody asks for them.
    const auto pulls = world_.count().frames[pull];
    world_.run_until(world_.now() + o.permdown_period);
    if (world_.count().frames[pull] != pulls) throw violation("idle: pulls, before permdown");
    world_.check_nothing_left();
    const auto before = world_.count();
    world_.run_until(world_.now() + 4 * static_cast<int>(o.max_silent_periods + 2) * period());
    const auto& after = world_.count();
    if (after.frames[pull] != before.frames[pull]) throw violation("idle: pulls");
    if (after.reports != before.reports) throw violation("idle: diffs");
    must_agree();
    world_.check_all();
  }

  double allowed() const {
    const cluster::liveness rules{world_.options(), instant{0}};
    return static_cast<double>(rules.silent_ticks() + 1 + 2);
  }
  const world& result() const { return world_; }

private:
  settings draw() {
    auto s = settings::drawn(plan_);
    if (mix_.nodes) s.nodes = *mix_.nodes;
    s.wall_time = mix_.wall_time;
    return s;
  }

  void operations() {
    random r{seed_, "operations"};
    const int drawn = r.pick({5, 20, 60, 150});
    for (int i = mix_.ops.value_or(drawn); i > 0; --i)
      world_.at(
          instant{static_cast<std::int64_t>(r.below(static_cast<std::uint64_t>(span_.count())))},
          [this, n = r.index(static_cast<std::size_t>(world_.size())), x = r.next()] {
            operation(n, random{x});
          });
  }

  void operation(int n, random r) {
    const auto topic = "t" + std::to_string(r.below(2)), key = "k" + std::to_string(r.below(4));
    const auto actor = 1 + r.below(2);
    switch (r.below(50)) {
    case 0:
      return world_.untrack_all(n, actor);
    case 1: // many at once
      for (auto i = r.below(40); i > 0; --i) world_.track(n, topic, "m" + std::to_string(i), actor);
      return;
    default:
      break;
    }
    switch (r.below(5)) {
    case 0:
    case 1:
      world_.track(n, topic, key, actor);
      break;
    case 2:
    case 3:
      world_.update(n, topic, key, actor);
      break;
    default:
      world_.untrack(n, topic, key, actor);
    }
  }

  void must_agree() {
    if (!world_.agreed()) throw violation("convergence: it did not last");
  }
  instant period() const { return world_.options().broadcast_period; }
  double in_periods(instant t) const {
    return static_cast<double>(t.count()) / static_cast<double>(period().count());
  }

  std::uint64_t seed_;
  const mix& mix_;
  random plan_;
  world world_;
  instant span_{0};
};

} // namespace

outcome run(std::uint64_t seed, const mix& m, std::ostream* story) {
  outcome out;
  random_run r{seed, m, story};
  out.allowed = r.allowed();
  try {
    r.disturb();
    out.periods = r.converge();
    r.rest();
  } catch (const violation& v) {
    out.what = "at " + std::to_string(r.result().now().count()) + " ms: " + v.what();
  }
  out.digest = r.result().digest();
  out.count = r.result().count();
  return out;
}

} // namespace rollcall::sim
