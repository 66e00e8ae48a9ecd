#include "test/sim/run.hpp"

#include "cluster/gossip/liveness.hpp"

#include <algorithm>
#include <ostream>

namespace rollcall::sim {

namespace {

settings with_promise(const script& s) {
  auto c = s.cluster;
  c.no_false_downs = s.harmless();
  return c;
}

/// One run, phase by phase.
class player {
public:
  player(const script& s, std::ostream* story)
      : script_(s), world_(s.seed, with_promise(s), story) {}

  void disturb() {
    for (auto& d : script_.deeds) world_.at(d.at, [this, &d] { carry_out(d); });
    world_.run_until(script_.span);
  }

  /// Returns the periods that it took.
  double converge() {
    world_.forget_scripts();
    world_.heal_all();
    for (int n = 0; n < world_.size(); ++n) {
      const auto end = script_.ends[static_cast<std::size_t>(n)];
      if (end == ending::runs)
        world_.start(n);
      else
        world_.stop(n, end == ending::said_bye);
    }
    // Who drains and still runs is shown until then, as far as it is not taken over.
    world_.run_until(std::max(world_.now(), world_.leases_end()));
    const auto t0 = world_.now();
    const auto limit =
        instant{static_cast<std::int64_t>(allowed() * static_cast<double>(period().count()))};
    // Slow frames are on their way, and those behind them must wait.
    if (!world_.run_until(world_.clear_at() + limit, [this] { return world_.agreed(); })) {
      if (world_.run_until(t0 + 80 * period(), [this] { return world_.agreed(); }))
        throw violation("L1: late: all agree after " + std::to_string(in_periods(world_.now() - t0))
                        + " periods of " + std::to_string(allowed()));
      throw violation("L1: they never agree");
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
    if (!world_.clean()) throw violation("S4: of a dead life, still shown");
    // From here on no frame is under way that could show a gap: slices of the
    // dead are held, hidden, and unequal among us, and nobody asks for them.
    const auto pulls = world_.count().frames[pull];
    world_.run_until(world_.now() + o.permdown_period);
    if (world_.count().frames[pull] != pulls) throw violation("L2: pulls while the dead are held");
    world_.check_nothing_left();
    const auto before = world_.count();
    world_.run_until(world_.now() + 4 * static_cast<int>(o.max_silent_periods + 2) * period());
    const auto& after = world_.count();
    if (after.frames[pull] != before.frames[pull]) throw violation("L2: pulls while idle");
    if (after.downs != before.downs) throw violation("L3: called down while idle");
    if (after.reports != before.reports) throw violation("S1: diffs while idle");
    must_agree();
    world_.check_reads();
    world_.check_all();
  }

  double allowed() const {
    const cluster::liveness rules{world_.options(), instant{0}};
    const auto beats = static_cast<double>(rules.silent_ticks() + 1 + 2);
    // Who is gone makes room when it is known to be, and that is whenever its last
    // frame was heard, which may come late; then the next beat of the living comes.
    if (!script_.crowded) return beats;
    const instant late{script_.cluster.weather.straggling > 0 ? 20'000 : 0};
    return 1 + in_periods(late) + 2 * beats + in_periods(world_.options().effective_down_period());
  }
  const world& result() const { return world_; }

private:
  void carry_out(const deed& d) {
    switch (d.what) {
    case deed::type::start:
      return world_.start(d.node);
    case deed::type::crash:
      return world_.stop(d.node, false);
    case deed::type::bye:
      return world_.stop(d.node, true);
    case deed::type::suspend:
      return world_.pause(d.node, d.length);
    case deed::type::slow:
      return world_.slow_down(d.node, d.length, instant{d.amount});
    case deed::type::shard_crash:
      return world_.crash_shard(d.node, static_cast<int>(d.amount));
    case deed::type::wall_clock:
      return world_.step_wall_clock(d.node, d.amount);
    case deed::type::cut:
      world_.at(world_.now() + d.length, [this, &d] { world_.heal(d.pairs); });
      return world_.cut(d.pairs);
    case deed::type::clog:
      return world_.clog(d.pairs, d.length);
    case deed::type::track:
      world_.track(d.node, d.topic, d.key, d.actor);
      return;
    case deed::type::update:
      world_.update(d.node, d.topic, d.key, d.actor);
      return;
    case deed::type::untrack:
      world_.untrack(d.node, d.topic, d.key, d.actor);
      return;
    case deed::type::track_many:
      for (auto i = d.amount; i > 0; --i)
        world_.track(d.node, d.topic, "m" + std::to_string(i), d.actor);
      return;
    case deed::type::drain:
      return world_.drain(d.node, d.length);
    case deed::type::end_actor:
      return world_.untrack_all(d.node, d.actor);
    case deed::type::lie:
      return world_.lie(d.node, static_cast<int>(d.amount));
    }
  }

  void must_agree() {
    if (!world_.agreed()) throw violation("S1: agreement did not last");
  }
  instant period() const { return world_.options().broadcast_period; }
  double in_periods(instant t) const {
    return static_cast<double>(t.count()) / static_cast<double>(period().count());
  }

  const script& script_;
  world world_;
};

} // namespace

outcome play(const script& s, std::ostream* story) {
  outcome out;
  player p{s, story};
  out.allowed = p.allowed();
  try {
    p.disturb();
    out.periods = p.converge();
    p.rest();
    out.contents = p.result().contents();
  } catch (const violation& v) {
    out.what = "at " + std::to_string(p.result().now().count()) + " ms: " + v.what();
  }
  out.digest = p.result().digest();
  out.count = p.result().count();
  return out;
}

outcome play_in_other_order(const script& s, const outcome& first, std::ostream* story) {
  auto other = s;
  other.seed = ~s.seed;
  auto second = play(other, story);
  if (second.passed() && second.contents != first.contents)
    second.what = "S8: in another order of delivery the result is another";
  return second;
}

outcome run(std::uint64_t seed, const mix& m, std::ostream* story) {
  const auto s = drawn(seed, m);
  auto first = play(s, story);
  if (seed % 16 != 0 || !first.passed() || s.crowded) return first;
  if (story) *story << "---- the same in another order of delivery ----\n";
  auto second = play_in_other_order(s, first, story);
  if (!second.passed()) first.what = second.what;
  return first;
}

} // namespace rollcall::sim
