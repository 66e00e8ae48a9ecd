// rollcall_sim: see --help.
#include "tools/sim/arguments.hpp"
#include "tools/sim/canaries.hpp"

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <iostream>
#include <string>
#include <vector>

namespace {

using namespace rollcall::sim;
using clock_type = std::chrono::steady_clock;

struct tally {
  std::uint64_t passed = 0, failed = 0;
  std::vector<double> periods;
  std::string first_failed;
};

void one(std::uint64_t seed, const arguments& a, tally& sum) {
  const auto was = run(seed, a.mix, a.verbose ? &std::cout : nullptr);
  if (was.passed()) {
    ++sum.passed;
    sum.periods.push_back(was.periods);
    if (a.single)
      std::printf(
          "seed %llu: passed; agreement after %.2f of at most %.0f periods, %llu events, digest "
          "%016llx\n",
          static_cast<unsigned long long>(seed), was.periods, was.allowed,
          static_cast<unsigned long long>(was.count.events),
          static_cast<unsigned long long>(was.digest));
    return;
  }
  ++sum.failed;
  std::printf("seed %llu: failed: %s\n", static_cast<unsigned long long>(seed), was.what.c_str());
  std::fflush(stdout);
  if (sum.first_failed.empty())
    sum.first_failed = "rollcall_sim --seed " + std::to_string(seed) + a.mix_text + " --verbose";
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
  const auto start = clock_type::now();
  auto told = start;
  for (std::uint64_t i = 0; i < a.seeds; ++i) {
    one(a.from + i, a, sum);
    if (const auto t = clock_type::now(); !a.single && t - told > std::chrono::seconds{5}) {
      told = t;
      std::fprintf(stderr, "%llu of %llu seeds, %llu failed\n",
                   static_cast<unsigned long long>(i + 1), static_cast<unsigned long long>(a.seeds),
                   static_cast<unsigned long long>(sum.failed));
    }
  }
  if (!a.single && !sum.periods.empty()) {
    const std::chrono::duration<double, std::milli> took = clock_type::now() - start;
    std::sort(sum.periods.begin(), sum.periods.end());
    auto at = [&](double part) {
      const auto n = sum.periods.size();
      return sum.periods[std::min(n - 1, static_cast<std::size_t>(part * static_cast<double>(n)))];
    };
    std::printf("%.2f ms a seed; periods from healing to agreement: p50 %.2f, p90 %.2f, p99 %.2f, "
                "max %.2f\n",
                took.count() / static_cast<double>(a.seeds), at(.5), at(.9), at(.99), at(1));
  }
  if (!sum.first_failed.empty()) std::printf("replay the first: %s\n", sum.first_failed.c_str());
  std::printf("%llu passed, %llu failed\n", static_cast<unsigned long long>(sum.passed),
              static_cast<unsigned long long>(sum.failed));
  return sum.failed == 0 ? 0 : 1;
}

} // namespace

int main(int argc, char** argv) {
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
  const with_canary in{a.canary};
  return a.tale ? tell(*a.tale, a) : simulate(a);
}
