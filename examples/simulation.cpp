// A whole cluster in one thread, on virtual time: how a user of rollcall can
// test what a partition, a crash or a slow network means to them. Link
// rollcall::simulation; neither CAF nor a network is needed.
#include "rollcall/simulation.hpp"

#include <chrono>
#include <cstdio>

using namespace std::chrono_literals;
namespace sim = rollcall::sim;

namespace {

int failures = 0;

void check(bool well, const char* what) {
  std::printf("%s: %s\n", well ? "ok" : "FAILED", what);
  failures += !well;
}

/// A story of our own: three nodes, a split that outlasts down_period, a crash.
void split_and_heal() {
  auto settings = sim::settings::calm(3);
  settings.shards = 2;
  sim::world w{42, settings};
  w.start_all();
  w.run_until(10s);
  w.track(0, "lobby", "ada");
  w.run_until(11s);
  check(w.sees(1, "lobby", "ada") && w.sees(2, "lobby", "ada"), "all see ada");

  const sim::links around_0{{0, 1}, {0, 2}, {1, 0}, {2, 0}};
  w.cut(around_0);
  w.run_until(w.now() + w.options().effective_down_period() + 2 * w.options().broadcast_period);
  check(!w.sees(1, "lobby", "ada"), "cut off for long enough, she is hidden");
  w.track(0, "lobby", "eve");

  w.heal(around_0);
  const auto healed = w.now();
  // At most the beat of an idle node, and two periods.
  check(w.run_until(healed + 8 * w.options().broadcast_period, [&] { return w.agreed(); }),
        "after healing all agree");
  check(w.sees(2, "lobby", "eve"), "and see what was missed");

  w.stop(0, false);
  w.run_until(w.now() + w.options().effective_down_period() + 2 * w.options().broadcast_period);
  check(!w.sees(1, "lobby", "ada"), "who crashed is gone");
  w.check_all();
}

/// Random runs, with the faults that we care for.
void seeds() {
  sim::mix mix;
  std::string unknown;
  sim::parse_faults("loss,partition,crash,clog", mix.faults, unknown);
  std::uint64_t failed = 0;
  for (std::uint64_t seed = 1; seed <= 50; ++seed) {
    const auto was = sim::run(seed, mix);
    if (was.passed()) continue;
    ++failed;
    std::printf("seed %llu: %s\n", static_cast<unsigned long long>(seed), was.what.c_str());
    const auto small = sim::shrink(sim::drawn(seed, mix));
    std::fputs(sim::in_words(small.story).c_str(), stdout);
  }
  check(failed == 0, "50 random runs");
}

} // namespace

int main() {
  try {
    split_and_heal();
    seeds();
  } catch (const sim::violation& v) {
    check(false, v.what()); // names the invariant: "S4: …"
  }
  return failures == 0 ? 0 : 1;
}
