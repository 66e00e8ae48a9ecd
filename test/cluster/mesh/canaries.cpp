// Each bug that can be built into the mesh (base/canary.hpp) is found by the random
// runs of name_storms.hpp, by what the row names; those runs pass without it.
#include "base/canary.hpp"
#include "test/catch.hpp"
#include "test/cluster/mesh/name_storms.hpp"

#include <cstdio>
#include <string>

using namespace rollcall;
using namespace rollcall::cluster::mesh::test;

namespace {

struct row {
  bug what;
  const char* name;
  const char* found; ///< how the violation begins
};

constexpr row rows[] = {
    {bug::lost_in_line, "lost_in_line", "lost for a second"},
    {bug::no_quota, "no_quota", "quota"},
    {bug::dead_for_ever, "dead_for_ever", "forgets"},
    {bug::first_address, "first_address", "healed"},
    {bug::self_dropped, "self_dropped", "healed"},
    {bug::asked_once, "asked_once", "healed"},
    {bug::age_ends, "age_ends", "ended"},
    {bug::unvouched, "unvouched", "ended"},
    {bug::no_vouch, "no_vouch", "islands"},
    {bug::strangers_merge, "strangers_merge", "ended"},
};

constexpr bool all_have_a_row() {
  for (auto b = static_cast<int>(bug::end) + 1; b < static_cast<int>(bug::mesh_end); ++b) {
    bool found = false;
    for (const auto& x : rows) found = found || x.what == static_cast<bug>(b);
    if (!found) return false;
  }
  return true;
}
static_assert(all_have_a_row(), "a bug that can be built into the mesh has no row here");

constexpr std::uint64_t most_seeds = 400;

/// The bug is in while this lives.
struct with {
  explicit with(bug b) { canary_alive = b; }
  ~with() { canary_alive = bug::none; }
  with(const with&) = delete;
  with& operator=(const with&) = delete;
};

} // namespace

TEST_CASE("each bug of the mesh is found by the random runs") {
  for (const auto& x : rows) {
    INFO(x.name);
    std::string violation;
    std::uint64_t seed = 0;
    while (violation.empty() && seed < most_seeds) {
      const with bug{x.what};
      violation = name_storm(++seed);
    }
    std::printf("| %s | %llu | %s |\n", x.name, static_cast<unsigned long long>(seed),
                violation.substr(0, violation.find('\n')).c_str());
    CHECK(violation.substr(0, std::string{x.found}.size()) == x.found);
    CHECK(name_storm(seed) == ""); // the same run without the bug
  }
}
