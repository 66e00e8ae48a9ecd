// rollcall_sim: see --help.
#include "test/sim/shrink.hpp"
#include "tools/sim/arguments.hpp"
#include "tools/sim/canaries.hpp"
#include "tools/sim/mesh_scale.hpp"
#include "tools/sim/scale.hpp"
#include "tools/version.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <ctime>
#include <iostream>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace {

using namespace rollcall::sim;
using clock_type = std::chrono::steady_clock;

struct tally {
  std::uint64_t passed = 0, failed = 0;
  std::vector<double> periods;
  std::optional<std::uint64_t> first_failed;
};

unsigned long long ull(std::uint64_t x) { return x; }

void note(std::uint64_t seed, const outcome& was, const arguments& a, tally& sum) {
  if (was.passed()) {
    ++sum.passed;
    sum.periods.push_back(was.periods);
    if (!a.only.empty())
      std::printf("seed %llu: passed; agreement after %.2f of at most %.0f periods, %llu events, "
                  "digest %016llx\n",
                  ull(seed), was.periods, was.allowed, ull(was.count.events), ull(was.digest));
    return;
  }
  ++sum.failed;
  std::printf("seed %llu: failed: %s\n", ull(seed), was.what.c_str());
  std::fflush(stdout);
  if (!sum.first_failed) sum.first_failed = seed;
}

/// Runs from ... from + out.size() - 1, on so many threads; each result at its
/// place, so that nothing depends on who is faster.
void block(const arguments& a, std::uint64_t from, std::vector<outcome>& out) {
  std::atomic<std::size_t> next{0};
  auto work = [&] {
    const with_canary in{a.canary};
    for (auto i = next++; i < out.size(); i = next++) {
      out[i] = run(seed_at(a, from + i), a.mix, a.verbose ? &std::cout : nullptr);
      out[i].contents.clear();
    }
  };
  const auto threads = a.verbose ? 1 : std::min<std::size_t>(a.threads, out.size());
  std::vector<std::thread> others;
  for (std::size_t i = 1; i < threads; ++i) others.emplace_back(work);
  work();
  for (auto& t : others) t.join();
}

void show_short(std::uint64_t seed, const arguments& a) {
  const with_canary in{a.canary};
  std::fprintf(stderr, "shrinking seed %llu\n", ull(seed));
  const auto small = shrink(drawn(seed, a.mix));
  if (small.invariant.empty()) return;
  std::printf("shrunk in %zu tries, it fails still with %s:\n%s", small.tries,
              small.invariant.c_str(), in_words(small.story).c_str());
  const auto was = play(small.story, a.verbose ? &std::cout : nullptr);
  std::cout.flush();
  const auto end = was.passed() ? play_in_other_order(small.story, was) : was;
  std::printf("%s\n", end.what.c_str());
}

/// L1, of many: half of all runs agree within half a period.
bool median_holds(const tally& sum) {
  return sum.periods.size() < 1000 || sum.periods[sum.periods.size() / 2] < .5;
}

int tell(const story& s, const arguments& a) {
  std::string what;
  try {
    s.tell(a.verbose ? &std::cout : nullptr);
  } catch (const violation& v) {
    what = v.what();
  }
  const auto name = std::string{s.name};
  std::cout.flush();
  if (what.empty())
    std::printf("story %s: passed\n1 passed, 0 failed\n", name.c_str());
  else
    std::printf("story %s: failed: %s\n0 passed, 1 failed\n", name.c_str(), what.c_str());
  return what.empty() ? 0 : 1;
}

int simulate(const arguments& a) {
  tally sum;
  const auto all = count_of(a);
  if (a.only.empty())
    std::printf("seeds %llu to %llu%s\n", ull(a.from), ull(a.from + all - 1), a.mix_text.c_str());
  const auto cpu = std::clock();
  auto told = clock_type::now();
  std::vector<outcome> out;
  for (std::uint64_t i = 0; i < all; i += out.size()) {
    out.assign(static_cast<std::size_t>(std::min<std::uint64_t>(64, all - i)), {});
    block(a, i, out);
    for (std::size_t k = 0; k < out.size(); ++k) note(seed_at(a, i + k), out[k], a, sum);
    if (const auto t = clock_type::now(); t - told > std::chrono::seconds{5}) {
      told = t;
      std::fprintf(stderr, "%llu of %llu seeds, %llu failed\n", ull(i + out.size()), ull(all),
                   ull(sum.failed));
    }
  }
  if (a.only.empty() && !sum.periods.empty()) {
    const auto took = static_cast<double>(std::clock() - cpu) * 1000 / CLOCKS_PER_SEC;
    std::sort(sum.periods.begin(), sum.periods.end());
    auto at = [&](double part) {
      const auto n = sum.periods.size();
      return sum.periods[std::min(n - 1, static_cast<std::size_t>(part * static_cast<double>(n)))];
    };
    std::printf("%.2f ms of CPU a seed; periods from healing to agreement: p50 %.2f, p90 %.2f, "
                "p99 %.2f, max %.2f\n",
                took / static_cast<double>(all), at(.5), at(.9), at(.99), at(1));
    if (!median_holds(sum)) {
      ++sum.failed;
      std::printf("L1: half of the runs take half a period or more to agree\n");
    }
  }
  if (sum.first_failed) {
    if (a.shrink) show_short(*sum.first_failed, a);
    const auto replay = "rollcall_sim --seed " + std::to_string(*sum.first_failed) + a.mix_text;
    std::printf("replay the first: %s --verbose\n", replay.c_str());
  }
  std::printf("%llu passed, %llu failed\n", ull(sum.passed), ull(sum.failed));
  return sum.failed == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
  if (rollcall::tool::say_version(argc, argv, "rollcall_sim")) return 0;
  const auto given = parse(argc, argv);
  if (!given.error.empty()) {
    std::fprintf(stderr, "rollcall_sim: %s\n", given.error.c_str());
    return 2;
  }
  if (!given.help.empty()) {
    std::fputs(given.help.c_str(), stdout);
    return 0;
  }
  const auto& a = *given.args;
  if (a.canaries) return show_canaries(a);
  if (a.scale != 0) {
    const auto result = run_scale(a.scale, a.only.empty() ? 1 : a.only.front(), a.threads);
    std::printf("%s\n", to_json(result).c_str());
    return result.good() ? 0 : 1;
  }
  if (a.mesh_scale != 0) {
    const auto result = run_mesh_scale(a.mesh_scale, a.only.empty() ? 1 : a.only.front());
    std::printf("%s\n", to_json(result).c_str());
    return result.good() ? 0 : 1;
  }
  if (!a.tale) return simulate(a);
  const with_canary in{a.canary};
  return tell(*a.tale, a);
}
