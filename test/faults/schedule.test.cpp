#include "tools/faults/schedule.hpp"

#include "test/catch.hpp"

#include <map>
#include <set>

using namespace rollcall::faults;

namespace {

schedule_settings settings(int nodes, int spared = 0) {
  schedule_settings s;
  s.seed = 7;
  s.nodes = nodes;
  s.spared = spared;
  for (const auto& k : all_kinds()) s.kinds.push_back(k.kind);
  return s;
}

} // namespace

TEST_CASE("schedule: the same seed plans the same, another seed something else") {
  auto s = settings(8);
  auto story = [&] {
    std::string all;
    for (std::uint64_t c = 0; c < 50; ++c)
      for (const auto& f : plan(s, c)) all += to_string(f) + "\n";
    return all;
  };
  const auto first = story();
  CHECK(story() == first);
  s.seed = 8;
  CHECK(story() != first);
}

TEST_CASE("schedule: every cycle hits a node, none twice, and every kind has its turn") {
  for (int nodes = 3; nodes <= 8; ++nodes) {
    const auto s = settings(nodes, nodes / 2);
    std::map<fault_kind, int> counts;
    for (std::uint64_t c = 0; c < s.kinds.size(); ++c) {
      std::set<int> hit;
      const auto faults = plan(s, c);
      REQUIRE_FALSE(faults.empty());
      for (const auto& f : faults) {
        INFO(to_string(f));
        ++counts[f.kind];
        CHECK(f.lasts.count() > 0);
        REQUIRE_FALSE(f.nodes.empty());
        for (const int n : f.nodes) {
          CHECK(hit.insert(n).second);
          CHECK(n < nodes);
          if (f.kind == fault_kind::kill || f.kind == fault_kind::log_full
              || f.kind == fault_kind::clock_restart || f.kind == fault_kind::drain
              || f.kind == fault_kind::deploy)
            CHECK(n >= nodes / 2);
        }
        if (f.kind == fault_kind::cut) CHECK(2 * f.nodes.size() <= static_cast<std::size_t>(nodes));
        if (f.kind == fault_kind::drain || f.kind == fault_kind::deploy) {
          CHECK(f.amount > 0);
          CHECK(f.amount <= s.periods.permdown.count());
        }
        if (f.kind == fault_kind::pause_short) CHECK(f.lasts * 10 <= s.periods.down * 8);
        if (f.kind == fault_kind::pause_long) CHECK(f.lasts > s.periods.down);
        if (f.kind == fault_kind::pause_forgotten) CHECK(f.lasts > s.periods.permdown);
      }
    }
    for (const auto k : s.kinds) {
      INFO(name_of(k));
      CHECK(counts[k] > 0);
    }
  }
}

TEST_CASE("schedule: what the machine does not allow is named with what it needs") {
  CHECK(missing(fault_kind::kill, {}).empty());
  CHECK_FALSE(missing(fault_kind::corrupt, {}).empty());
  CHECK(missing(fault_kind::corrupt, {true, true, false, false}).empty());
  CHECK_FALSE(missing(fault_kind::clock_jump, {}).empty());
  CHECK_FALSE(missing(fault_kind::link_flap, {}).empty());
  CHECK_FALSE(missing(fault_kind::reset, {false, false, true, false}).empty());
  CHECK(missing(fault_kind::cut, {false, false, true, false}).empty());
}
