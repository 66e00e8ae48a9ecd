// That the search can fail: each bug of the data layer that can be built in
// (base/canary.hpp), and where the search first comes upon it.
//
//     test_exhaustive_canaries
//
// Exit 1 if one is not found.
#include "base/canary.hpp"
#include "test/exhaustive/shapes.hpp"

#include <cstdio>
#include <iterator>
#include <stdexcept>
#include <string>

using namespace rollcall;
using namespace rollcall::exhaustive;

namespace {

struct row {
  const char* name;
  bug what;
};

constexpr row table[] = {
    {"two", bug::two},
    {"parts", bug::parts},
    {"relay", bug::relay},
    {"one", bug::one},
    {"older_wins", bug::older_wins},
    {"over_a_gap", bug::over_a_gap},
    {"short_log", bug::short_log},
    {"lost_chunk", bug::lost_chunk},
    {"dead_uncovered", bug::dead_uncovered},
    {"twin_leave", bug::twin_leave},
    {"relay_beyond", bug::relay_beyond},
    {"shrinking", bug::shrinking},
};

/// The shape, and what broke in it; empty: nothing did.
std::string caught(bug what) {
  canary_alive = what;
  for (const auto& x : settings(false)) {
    try {
      explore(x, 60'000'000);
    } catch (const std::runtime_error& e) {
      canary_alive = bug::none;
      const std::string story = e.what();
      return story.substr(0, story.find('\n'));
    }
  }
  canary_alive = bug::none;
  return {};
}

} // namespace

int main() {
  std::size_t missed = 0;
  for (const auto& x : table) {
    const auto where = caught(x.what);
    missed += where.empty();
    std::printf("%-16s %s\n", x.name, where.empty() ? "NOT FOUND" : where.c_str());
    std::fflush(stdout);
  }
  std::printf("%zu of %zu found\n", std::size(table) - missed, std::size(table));
  return missed == 0 ? 0 : 1;
}
