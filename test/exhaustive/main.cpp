// Explores everything that three replicas can do within bounds, and prints how
// many states that is. Exit 1 if an invariant breaks, with the story.
//
//     test_exhaustive              what CI runs
//     test_exhaustive --long       with more operations and pulls
//     test_exhaustive --only NAME  one of them
#include "test/exhaustive/explorer.hpp"

#include <chrono>
#include <cstdio>
#include <cstring>

using namespace rollcall::exhaustive;

namespace {

std::vector<setting> settings(bool longer) {
  using operations = std::array<std::size_t, replicas>;
  struct shape {
    const char* name;
    bool apart; ///< no frame goes between A and C: B relays
    operations most;
    std::size_t keys, pulls;
    bool in_flight; ///< pulls may be late, doubled and lost too; else they are heard at once
    bool only_longer;
  };
  const shape shapes[] = {
      // All six are A's: whatever B and C learn of them, they learn in every way.
      {"apart/six-of-one", true, {6, 0, 0}, 1, 1, false, false},
      // Each has two: six, in every order, and all are held by all.
      {"apart/two-of-each", true, {2, 2, 2}, 1, 0, false, false},
      {"apart/two-keys", true, {4, 0, 0}, 2, 1, false, false},
      {"apart/late-pulls", true, {3, 0, 0}, 1, 1, true, false},
      {"mesh/four-of-one", false, {4, 0, 0}, 1, 0, false, false},
      {"mesh/three-and-pull", false, {3, 0, 0}, 1, 1, false, false},
      {"mesh/one-of-each", false, {1, 1, 1}, 1, 0, false, false},
      {"apart/six-late-pulls", true, {6, 0, 0}, 1, 1, true, true},
      {"apart/two-pulls", true, {4, 0, 0}, 1, 2, false, true},
      {"mesh/two-keys", false, {3, 0, 0}, 2, 1, false, true},
      {"mesh/four-and-pull", false, {4, 0, 0}, 1, 1, false, true},
      {"mesh/two-of-each", false, {2, 2, 2}, 1, 0, false, true},
      {"mesh/six-of-one", false, {6, 0, 0}, 1, 0, false, true},
  };
  std::vector<setting> all;
  for (auto& shape : shapes) {
    if (shape.only_longer && !longer) continue;
    for (std::size_t log : {1000u, 0u}) {
      setting x;
      x.name = std::string{shape.name} + "/log-" + std::to_string(log);
      x.apart = shape.apart;
      x.operations = shape.most;
      x.keys = shape.keys;
      x.pulls = shape.pulls;
      x.pull_in_flight = shape.in_flight;
      x.max_log = log;
      all.push_back(x);
    }
  }
  return all;
}

} // namespace

int main(int argc, char** argv) {
  bool longer = false;
  const char* only = nullptr;
  std::size_t most = 0;
  for (int i = 1; i < argc; ++i) {
    if (std::strcmp(argv[i], "--long") == 0) {
      longer = true;
    } else if (std::strcmp(argv[i], "--only") == 0 && i + 1 < argc) {
      only = argv[++i];
    } else if (std::strcmp(argv[i], "--most") == 0 && i + 1 < argc) {
      most = std::strtoull(argv[++i], nullptr, 10);
    } else {
      std::fprintf(
          stderr,
          "test_exhaustive: unknown argument '%s': use --long, --only NAME, --most STATES\n",
          argv[i]);
      return 2;
    }
  }
  if (most == 0) most = 60'000'000; // of one setting: half a gigabyte
  const auto start = std::chrono::steady_clock::now();
  const auto seconds = [&] {
    return std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  };
  std::size_t states = 0, transitions = 0;
  bool complete = true;
  std::printf("%-30s %12s %12s %9s %9s %9s\n", "setting", "states", "transitions", "leaves",
              "parts", "computed");
  for (auto& x : settings(longer)) {
    if (only && x.name.find(only) == std::string::npos) continue;
    try {
      const auto r = explore(x, most);
      std::printf("%-30s %12zu %12zu %9zu %9zu %9zu%s  %.1f s\n", x.name.c_str(), r.states,
                  r.transitions, r.leaves, r.parts, r.computed, r.complete ? "" : "  (cut short)",
                  seconds());
      std::fflush(stdout);
      states += r.states;
      transitions += r.transitions;
      complete &= r.complete;
    } catch (const std::exception& e) {
      std::printf("%s\n", e.what());
      return 1;
    }
  }
  std::printf("%zu distinct states, %zu transitions, %.1f s: every invariant holds in all%s\n",
              states, transitions, seconds(), complete ? "" : " that were reached");
  if (!only && states < 1'000'000) {
    std::printf("fewer than a million: the search does not look where it should\n");
    return 1;
  }
  return 0;
}
