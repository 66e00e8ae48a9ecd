// Explores everything that three replicas can do within bounds, and prints how
// many states that is. Exit 1 if an invariant breaks, with the story.
//
//     test_exhaustive              what CI runs
//     test_exhaustive --long       with more operations and pulls
//     test_exhaustive --only NAME  one of them
#include "test/exhaustive/shapes.hpp"

#include <chrono>
#include <cstdio>
#include <cstring>

using namespace rollcall::exhaustive;

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
