#include "tools/sim/canaries.hpp"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <functional>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <vector>

namespace rollcall::sim {

#ifdef ROLLCALL_CANARIES
with_canary::with_canary(const canary_row* c) noexcept { canary_alive = c ? c->what : bug::none; }
with_canary::~with_canary() { canary_alive = bug::none; }
#else
with_canary::with_canary(const canary_row*) noexcept {}
with_canary::~with_canary() = default;
#endif

namespace {

constexpr std::uint64_t most_seeds = 1000;

struct finding {
  std::uint64_t seeds = 0; ///< until it was caught, this one included; 0: never
  std::string by_seed, by_story;
  bool has_story = false;

  const std::string& text() const { return seeds != 0 ? by_seed : by_story; }
  bool caught() const { return !invariant_of(text()).empty(); }
};

std::string how_it_ends(const story& s) {
  try {
    s.tell(nullptr);
  } catch (const violation& v) {
    return v.what();
  }
  return {};
}

finding hunt(const canary_row& c, const arguments& a, const std::set<std::string>& bad) {
  const with_canary in{&c};
  finding f;
  auto m = a.mix;
  m.wall_time = c.wall_time;
  for (std::uint64_t i = 0; i < most_seeds; ++i) {
    if (bad.count("seed " + std::to_string(a.from + i)) != 0) continue;
    auto was = run(a.from + i, m);
    if (was.passed()) continue;
    f.seeds = i + 1;
    f.by_seed = std::move(was.what);
    break;
  }
  if (auto* s = find_story(c.name)) {
    f.has_story = true;
    f.by_story = how_it_ends(*s);
  }
  return f;
}

/// Calls f(0) ... f(n - 1), on as many threads as there are cores.
void in_parallel(std::size_t n, const std::function<void(std::size_t)>& f) {
  std::atomic<std::size_t> next{0};
  auto work = [&] {
    for (auto i = next++; i < n; i = next++) f(i);
  };
  std::vector<std::thread> others;
  for (auto i = std::thread::hardware_concurrency(); i > 1; --i) others.emplace_back(work);
  work();
  for (auto& t : others) t.join();
}

/// Without any bug: the seeds (of the first n) and the stories that fail.
std::set<std::string> failing_without(std::size_t n, const arguments& a) {
  std::set<std::string> bad;
  std::mutex lock;
  auto note = [&](std::string which) {
    const std::lock_guard hold{lock};
    bad.insert(std::move(which));
  };
  in_parallel(n, [&](std::size_t i) {
    if (!run(a.from + i, a.mix).passed()) note("seed " + std::to_string(a.from + i));
  });
  for (auto& s : all_stories())
    if (!how_it_ends(s).empty()) note("story " + std::string{s.name});
  return bad;
}

} // namespace

int show_canaries(const arguments& a) {
  const auto all = all_canaries();
  std::fprintf(stderr, "%zu seeds without any bug\n", static_cast<std::size_t>(most_seeds));
  const auto bad = failing_without(most_seeds, a);
  std::vector<finding> found(all.size());
  std::mutex lock;
  std::size_t done = 0;
  in_parallel(all.size(), [&](std::size_t i) {
    found[i] = hunt(all[i], a, bad);
    const std::lock_guard hold{lock};
    std::fprintf(stderr, "%zu of %zu: %s\n", ++done, all.size(), std::string{all[i].name}.c_str());
  });
  std::printf("| bug | seeds | story | caught by | what is wrong | first seen as |\n"
              "|---|---|---|---|---|---|\n");
  const bool stories_hold = std::none_of(
      bad.begin(), bad.end(), [](const std::string& x) { return x.starts_with("story"); });
  std::size_t passed = 0;
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& f = found[i];
    passed += f.caught() && stories_hold;
    std::printf("| %s | %s | %s | %s | %s | %s |\n", std::string{all[i].name}.c_str(),
                f.seeds != 0 ? std::to_string(f.seeds).c_str() : "-",
                !f.has_story         ? ""
                : f.by_story.empty() ? "-"
                                     : "fails",
                f.caught() ? std::string{invariant_of(f.text())}.c_str() : "NOT CAUGHT",
                std::string{all[i].text}.c_str(), f.text().c_str());
  }
  for (auto& x : bad) std::printf("%s fails without any bug, and does not count\n", x.c_str());
  std::printf("%zu passed, %zu failed\n", passed, all.size() - passed);
  return passed == all.size() ? 0 : 1;
}

} // namespace rollcall::sim
