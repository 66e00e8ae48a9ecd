#include "tools/faults/campaign.hpp"

#include "tools/faults/checker.hpp"
#include "tools/faults/waits.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <csignal>
#include <cstdio>

namespace rollcall::faults {

using namespace std::chrono_literals;
using clock = std::chrono::steady_clock;

namespace {

constexpr milliseconds read_while_broken{300}, read_while_healing{60};
/// How long all must agree.
constexpr milliseconds look_on{400};

volatile std::sig_atomic_t last_cycle = 0;

double minutes(clock::duration x) { return std::chrono::duration<double>(x).count() / 60; }

} // namespace

void end_after_this_cycle() noexcept { last_cycle = 1; }

campaign::campaign(const arguments& a, cluster& c, std::vector<fault_kind> kinds)
    : args_(a), cluster_(c), start_(clock::now()), next_sample_(start_) {
  schedule_.seed = a.seed;
  schedule_.nodes = a.nodes;
  schedule_.spared = a.spared;
  schedule_.kinds = std::move(kinds);
  schedule_.periods = a.periods;
  for (int n = 0; n < a.spared; ++n) sum_.memory.push_back({node_name(n), {}});
}

void campaign::wait(milliseconds time, const std::function<bool()>& until) {
  const auto end = clock::now() + time;
  bool holds = false;
  while (!holds && clock::now() < end && cluster_.failure().empty()) {
    const auto left = std::chrono::ceil<milliseconds>(end - clock::now());
    cluster_.run(std::min(left, milliseconds{1000}), [&] { return holds = until && until(); });
    sample_memory();
  }
}

void campaign::sample_memory() {
  if (clock::now() < next_sample_) return;
  next_sample_ = clock::now() + 5s;
  for (std::size_t n = 0; n < sum_.memory.size(); ++n)
    if (const auto kb = resident_kb(cluster_.at(static_cast<int>(n)).pid()); kb > 0)
      sum_.memory[n].points.push_back(
          {minutes(clock::now() - start_), static_cast<double>(kb) / 1024});
}

bool campaign::over(std::uint64_t done) const {
  if (last_cycle != 0) return true;
  const auto time = std::max(args_.duration, args_.soak);
  if (time.count() > 0) return clock::now() - start_ >= time;
  return done >= args_.cycles;
}

void campaign::play(const std::vector<fault>& faults) {
  struct step {
    milliseconds at;
    const fault* what;
    bool on;
  };
  std::vector<step> steps;
  for (const auto& f : faults) {
    steps.push_back({f.at, &f, true});
    steps.push_back({f.at + f.lasts, &f, false});
  }
  std::stable_sort(steps.begin(), steps.end(),
                   [](const step& a, const step& b) { return a.at < b.at; });
  const auto start = clock::now();
  for (const auto& s : steps) {
    wait(std::max(0ms, std::chrono::ceil<milliseconds>(start + s.at - clock::now())));
    if (!cluster_.failure().empty()) return;
    if (!s.on) {
      cluster_.undo(*s.what);
      continue;
    }
    // It has to hit somebody: a node whose presences are all gone gets new ones first.
    wait(10s, [&] {
      return std::any_of(s.what->nodes.begin(), s.what->nodes.end(),
                         [&](int n) { return cluster_.living(n) > 0; });
    });
    const auto hit = cluster_.inject(*s.what);
    sum_.presences_hit += hit;
    ++sum_.faults;
    if (hit > 0) ++sum_.kinds[s.what->kind];
  }
}

bool campaign::settle(std::uint64_t number, const std::string& story, bool at_end) {
  auto& records = cluster_.records();
  cluster_.healed();
  cluster_.read_every(read_while_healing);
  waits waited;
  auto done = [&] {
    waited.now_for(cluster_.waits_for(), clock::now());
    return cluster_.all_up() && cluster_.linked() && cluster_.all_agree()
           && (!at_end || all_equal(records.now(), args_.nodes, 3));
  };
  // Right at first does not mean right for good: a node whose links are not back
  // yet shows all until it holds the others down. So all must agree for a while.
  const auto end = clock::now() + args_.patience;
  bool in_time = false;
  instant since = 0; // when it began to be so
  while (!in_time && clock::now() < end && cluster_.failure().empty()) {
    wait(std::chrono::ceil<milliseconds>(end - clock::now()), done);
    since = cluster_.now();
    wait(look_on);
    in_time = done();
  }
  cluster_.read_every(read_while_broken);
  auto v = judge(records.now(), args_.nodes, 3);
  for (const auto& f : v.findings) ++sum_.findings[to_string(f.what)];
  const auto absent = cluster_.take_absent();
  if (!absent.empty()) sum_.findings["absent"] += absent.size();
  const bool passed = v.passed() && absent.empty() && in_time && cluster_.failure().empty();
  ++(passed ? sum_.passed : sum_.failed);
  double equal = -1;
  if (in_time && v.agreed_after.size() == static_cast<std::size_t>(args_.nodes)) {
    const auto last = *std::max_element(v.agreed_after.begin(), v.agreed_after.end());
    equal = static_cast<double>(std::max(since - records.now().healed, last)) / 1000;
    sum_.equal_ms.push_back(equal);
    if (equal > sum_.slowest_ms) {
      sum_.slowest_ms = equal;
      sum_.slowest = fmt::format("cycle {}: {}: waited {}", number, story, waited.told());
    }
  }
  for (const auto x : v.visible_after) sum_.visible_ms.push_back(static_cast<double>(x) / 1000);
  sum_.stale += v.stale;
  if (args_.verbose || !passed)
    fmt::print("cycle {}: {}: {}, equal after {:.0f} ms, waited for {}\n", number, story,
               passed ? "passed" : "FAILED", equal, waited.told());
  if (!passed) {
    for (std::size_t i = 0; i < std::min<std::size_t>(v.findings.size(), 10); ++i)
      fmt::print("  {}\n", to_string(v.findings[i]));
    for (std::size_t i = 0; i < std::min<std::size_t>(absent.size(), 10); ++i)
      fmt::print("  absent: {}\n", absent[i]);
    if (!in_time) fmt::print("  not all equal after {} s\n", args_.patience.count() / 1000);
    if (!cluster_.failure().empty()) fmt::print("  {}\n", cluster_.failure());
    if (sum_.first_failed.empty())
      sum_.first_failed = fmt::format("rollcall_faults --seed {} --from-cycle {} --cycles 1{} "
                                      "--verbose",
                                      args_.seed, number, args_.replay);
  }
  std::fflush(stdout);
  records.next_cycle();
  return passed;
}

void campaign::cycle(std::uint64_t number) {
  const auto faults = plan(schedule_, number);
  std::string story;
  for (const auto& f : faults) story += (story.empty() ? "" : ", ") + to_string(f);
  cluster_.read_every(read_while_broken);
  play(faults);
  settle(number, story, false);
}

tally campaign::run() {
  wait(1s);
  auto told = clock::now();
  std::uint64_t done = 0;
  for (; !over(done) && cluster_.failure().empty(); ++done) {
    cycle(args_.from_cycle + done);
    if (clock::now() - told > 10s) {
      told = clock::now();
      fmt::print(stderr, "{} cycles, {} failed\n", done + 1, sum_.failed);
    }
  }
  // The end: no faults, no load, and all nodes equal to the element.
  cluster_.set_load(false);
  wait(500ms);
  if (cluster_.failure().empty()) settle(args_.from_cycle + done, "the end, without load", true);
  sum_.seconds = 60 * minutes(clock::now() - start_);
  return std::move(sum_);
}

tally campaign::run_stalls() {
  // A link over which nothing comes for 5 s is given up, and its node is down when it
  // is not back link_grace, 3 s, later: longer stalls are rightly called down.
  constexpr milliseconds longest{6400};
  const auto stall = std::min(args_.periods.down * 8 / 10, longest);
  const auto most = static_cast<std::uint64_t>(std::max(1, args_.nodes / 2));
  rollcall::cluster::random_stream random{args_.seed};
  std::uint64_t done = 0;
  while (done < args_.stalls && last_cycle == 0 && cluster_.failure().empty()) {
    // Half of the nodes, one after the other: while each is stopped the others
    // must go on holding it up.
    std::vector<fault> round;
    std::vector<int> free;
    for (int n = 0; n < args_.nodes; ++n) free.push_back(n);
    for (std::uint64_t i = 0; i < std::min(most, args_.stalls - done); ++i) {
      const auto at = random.up_to(free.size() - 1);
      round.push_back({fault_kind::pause_short,
                       {free[at]},
                       milliseconds{static_cast<std::int64_t>(random.up_to(300))},
                       stall});
      free.erase(free.begin() + static_cast<std::ptrdiff_t>(at));
    }
    std::stable_sort(round.begin(), round.end(),
                     [](const fault& a, const fault& b) { return a.at < b.at; });
    const auto downs = cluster_.counts().downs;
    play(round);
    done += round.size();
    settle(done, fmt::format("{} stalls of {} ms", round.size(), stall.count()), false);
    if (cluster_.counts().downs != downs) {
      fmt::print("  called down: {}\n", cluster_.counts().downs - downs);
      sum_.findings["called down"] += cluster_.counts().downs - downs;
    }
  }
  sum_.seconds = 60 * minutes(clock::now() - start_);
  return std::move(sum_);
}

} // namespace rollcall::faults
