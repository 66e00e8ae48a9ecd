#include "test/sim/stories.hpp"

#include "cluster/gossip/lives.hpp"
#include "test/sim/world.hpp"

#include <chrono>
#include <string>

namespace rollcall::sim {

namespace {

using namespace std::chrono_literals;

void must(bool well, const std::string& what) {
  if (!well) throw violation(what);
}

std::uint64_t pulls(const world& w) {
  return w.count().frames[static_cast<std::size_t>(cluster::frame_kind::pull)];
}

void track_three(world& w, int n) {
  for (int i = 0; i < 3; ++i) w.track(n, "t", "s" + std::to_string(i));
}

/// After 20 s, with three presences on n0.
void settle(world& w) {
  w.start_all();
  w.run_until(20s);
  track_three(w, 0);
}

void idle_without_pulls(world& w, instant from, instant to) {
  w.run_until(from);
  const auto before = pulls(w);
  w.run_until(to);
  must(pulls(w) == before,
       "L2: idle: " + std::to_string(pulls(w) - before) + " pulls, and nothing to get");
}

// -- the stories --------------------------------------------------------------

void strange(std::ostream* out) {
  world w{1, settings::calm(), out};
  w.cut({{0, 1}});
  settle(w);
  idle_without_pulls(w, 60s, 160s);
}

void rotate(std::ostream* out) {
  world w{1, settings::calm(), out};
  w.cut({{1, 0}});
  settle(w);
  w.run_until(60s);
  must(w.seen_of(1, 0) == 3, "L1: convergence: none in 26 periods, though a peer could help");
}

void late(std::ostream* out) {
  world w{1, settings::calm(), out};
  settle(w);
  w.run_until(30s);
  // All that was sent meanwhile is still in the sockets when the tick runs.
  w.cut({{0, 1}, {2, 1}});
  w.pause(1, 60s);
  w.run_until(90s);
  for (auto& r : w.machine(1).replicas())
    must(r.status == cluster::replica_status::up,
         "L3: it woke and called down " + to_string(r.id) + ", which lives");
  w.heal({{0, 1}, {2, 1}});
  w.run_until(100s);
  must(w.agreed(), "L1: convergence: none");
}

void bump(std::ostream* out) {
  world w{1, settings::calm(), out};
  settle(w);
  w.run_until(30s);
  w.stop(0, false);
  w.step_wall_clock(0, -3'600'000'000);
  w.start(0);
  w.track(0, "t", "x");
  w.run_until(33s);
  for (int n = 0; n < 3; ++n)
    must(w.sees(n, "t", "x"),
         "L1: convergence: the new life is not seen after two periods, at " + world::name_of(n));
}

void echo(std::ostream* out) {
  world w{1, settings::calm(), out};
  w.start_all();
  w.run_until(40'200ms);
  w.cut({{0, 1}});
  w.track(0, "t", "x");
  w.run_until(40'300ms);
  w.heal({{0, 1}});
  must(w.run_until(w.now() + 2 * w.options().broadcast_period, [&] { return w.sees(1, "t", "x"); }),
       "L1: convergence: a lost last frame is not noticed in two periods");
}

void greet(std::ostream* out) {
  auto s = settings::calm();
  s.weather.delay = 40ms;
  s.weather.exact = true;
  world w{1, s, out};
  w.start(0);
  w.start(1);
  w.run_until(20s);
  track_three(w, 0);
  track_three(w, 1);
  w.run_until(46s);
  w.start(2); // its links come up at once, and here on the other side:
  for (int n : {0, 1}) w.give(n, cluster::link_up{world::name_of(2)});
  must(w.run_until(46s + 3 * 40ms, [&] { return w.seen_of(2, 0) + w.seen_of(2, 1) == 6; }),
       "L1: convergence: a newcomer has not all after three one-way trips");
}

void silence(std::ostream* out) {
  auto s = settings::calm();
  s.options.down_period = 2 * s.options.broadcast_period;
  world w{1, s, out};
  settle(w);
  w.run_until(40s);
  const auto before = w.count().downs;
  w.run_until(140s);
  must(w.count().downs == before, "L3: an idle peer is called down, "
                                      + std::to_string(w.count().downs - before)
                                      + " times in 100 s");
}

void ended(std::ostream* out) {
  world w{1, settings::calm(), out};
  settle(w);
  w.run_until(30s);
  cluster::frame old;
  old.from = w.machine(0).self();
  old.clocks = {{old.from, 3}};
  old.full_clocks = true;
  w.stop(0, true);
  w.run_until(31s);
  w.give(1, cluster::frame_in{cluster::encode(old)});
  must(w.machine(1).replicas().size() == 2, "S4: a life that said bye is back");
}

/// n0 has something that it has not flushed when it must tell n1 its clocks.
void flushed(std::ostream* out) {
  auto s = settings::calm(2);
  s.options.flush_interval = 200ms;
  s.options.limits.max_outstanding_bytes = 400; // n0 acknowledges each frame of n1
  world w{1, s, out};
  w.start_all();
  w.run_until(20s);
  const auto before = pulls(w);
  for (int i = 0; i < 20; ++i) {
    w.run_until(w.now() + 700ms);
    w.track(1, "t", "b" + std::to_string(i));
    w.run_until(w.now() + 150ms);
    w.track(0, "t", "a" + std::to_string(i)); // open when the frame of n1 comes
  }
  w.run_until(w.now() + 10s);
  must(w.agreed(), "L1: convergence: none");
  must(pulls(w) == before,
       "L2: nothing was lost, and " + std::to_string(pulls(w) - before) + " pulls were made");
}

/// While n1 receives an answer piece by piece, one frame that n0 pushes is lost.
void recheck(std::ostream* out) {
  auto s = settings::calm(2);
  s.weather.delay = 100ms;
  s.weather.exact = true;
  s.options.clock_sample_periods = 3;
  s.options.limits.max_frame_presences = 1;
  s.options.limits.max_outstanding_bytes = 400;
  world w{1, s, out};
  w.start_all();
  w.run_until(40'200ms);
  for (int i = 0; i < 30; ++i) w.track(0, "t", "s" + std::to_string(i)); // too many to be pushed
  w.run_until(w.now() + 30s, [&] { return w.seen_of(1, 0) >= 10; });
  w.cut({{0, 1}});
  w.track(0, "t", "x");
  w.run_until(w.now() + 30ms);
  w.heal({{0, 1}});
  w.run_until(w.now() + 30s, [&] { return w.seen_of(1, 0) >= 30; });
  must(w.run_until(w.now() + 500ms, [&] { return w.sees(1, "t", "x"); }),
       "L1: convergence: what was lost during an answer is not pulled right after it");
}

/// n2 heard n3 and does not any more: what n1 knows of it further is not for n2.
void downed_clocks(std::ostream* out) {
  world w{1, settings::calm(4), out};
  settle(w);
  w.track(3, "t", "before");
  w.run_until(30s);
  w.cut({{3, 2}});
  w.track(3, "t", "after");
  idle_without_pulls(w, 100s, 200s);
}

/// A frame says that n0 has begun again, two days from now.
void future_lives(std::ostream* out) {
  world w{1, settings::calm(), out};
  settle(w);
  w.run_until(30s);
  cluster::frame f;
  f.from = w.machine(0).self();
  const auto wall = f.from.inc.start_us;
  f.from.inc.start_us += 2 * cluster::max_ahead_us;
  f.clocks = {{f.from, 0}};
  w.give(1, cluster::frame_in{cluster::encode(f), "n0", wall});
  must(w.seen_of(1, 0) == 3, "S4: a life of the day after tomorrow took the place of a living one");
}

} // namespace

const std::vector<story>& all_stories() {
  static const std::vector<story> table{
      {"strange",
       "n1 never hears n0, n2 hears both: n1 does not ask for ever for what it may not hold",
       strange},
      {"rotate", "n1 hears n0 and cannot reach it: it asks n2, who knows", rotate},
      {"late", "a suspended node calls nobody down when its tick runs before it has read", late},
      {"bump", "a node whose host's clock went back is seen within two periods of its restart",
       bump},
      {"echo", "a last frame that was lost before a silence is noticed within two periods", echo},
      {"greet", "a newcomer into an idle cluster has everything within three one-way trips", greet},
      {"silence", "an idle peer stays up at the shortest down_period that is allowed", silence},
      {"ended", "a heartbeat that comes after the bye does not bring the dead back", ended},
      {"flushed", "where nothing is lost nothing is pulled, whoever tells its clocks and when",
       flushed},
      {"recheck", "what was lost while an answer was under way is pulled right after it", recheck},
      {"turns", "n1 hears n0 and cannot reach it: n2, who knows, tells n1 so", rotate},
      {"downed_clocks", "nobody asks for more of a node that it holds down", downed_clocks},
      {"future_lives", "a life that begins days ahead of the wall clock is refused", future_lives},
  };
  return table;
}

const story* find_story(std::string_view name) {
  for (auto& s : all_stories())
    if (s.name == name) return &s;
  return nullptr;
}

} // namespace rollcall::sim
