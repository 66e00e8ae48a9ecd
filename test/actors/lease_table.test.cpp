#include "actors/lease_table.hpp"

#include "test/catch.hpp"

#include <map>
#include <random>

using rollcall::actors::lease_table;
using namespace std::chrono_literals;
using instant = lease_table::instant;
using numbers = std::vector<std::uint64_t>;

namespace {

constexpr std::size_t all = 1'000'000;

} // namespace

TEST_CASE("a lease that is not renewed ends after its ttl, and not before") {
  lease_table t;
  const auto a = t.add(1, 10s, instant{0});
  CHECK(rollcall::is_lease(a));
  CHECK(t.wake_at() == instant{10s});
  CHECK(t.take_due(instant{9'999}, all).empty());
  CHECK(t.take_due(instant{10'000}, all) == numbers{a});
  CHECK(t.size() == 0);
  CHECK_FALSE(t.wake_at());
}

TEST_CASE("a renewal lets a lease last for its ttl from then") {
  lease_table t;
  const auto a = t.add(1, 10s, instant{0});
  CHECK(t.renew(a, 1, {}, instant{8s}));
  CHECK(t.take_due(instant{10s}, all).empty());
  CHECK(t.wake_at() == instant{18s});
  CHECK(t.take_due(instant{17'999}, all).empty());
  CHECK(t.take_due(instant{18s}, all) == numbers{a});
  CHECK_FALSE(t.renew(a, 1, {}, instant{18s}));
}

TEST_CASE("a renewal may change the ttl, to a longer and to a shorter one") {
  lease_table t;
  const auto a = t.add(1, 10s, instant{0}), b = t.add(2, 10s, instant{0});
  CHECK(t.renew(a, 1, 60s, instant{1s}));
  CHECK(t.renew(b, 2, 2s, instant{1s}));
  CHECK(t.wake_at() == instant{3s});
  CHECK(t.take_due(instant{3s}, all) == numbers{b});
  CHECK(t.take_due(instant{10s}, all).empty());
  CHECK(t.take_due(instant{60s}, all).empty());
  CHECK(t.take_due(instant{61s}, all) == numbers{a});
}

TEST_CASE("without its token a lease is not renewed") {
  lease_table t;
  const auto a = t.add(1, 10s, instant{0});
  CHECK_FALSE(t.renew(a, 2, {}, instant{1s}));
  CHECK_FALSE(t.holds(a, 2));
  CHECK(t.holds(a, 1));
  CHECK(t.take_due(instant{10s}, all) == numbers{a});
}

TEST_CASE("numbers of leases are never given again") {
  lease_table t;
  const auto a = t.add(1, 10s, instant{0});
  t.remove(a);
  t.remove(a); // of nothing: no harm
  CHECK(t.add(1, 10s, instant{0}) > a);
}

TEST_CASE("leases that end together are taken in pieces, in the order of their ends") {
  lease_table t;
  const auto c = t.add(1, 3s, instant{0}), a = t.add(1, 2600ms, instant{0}),
             b = t.add(1, 2800ms, instant{0});
  CHECK(t.take_due(instant{3s}, 2) == numbers{a, b});
  CHECK(*t.wake_at() <= instant{3s});
  CHECK(t.take_due(instant{3s}, 2) == numbers{c});
}

TEST_CASE("deadlines that lie close together share one ring of the timer") {
  lease_table t;
  for (int i = 1; i <= 100; ++i) t.add(1, 10s + std::chrono::milliseconds{i}, instant{0});
  CHECK(t.wake_at() == instant{10'100});
  CHECK(t.take_due(instant{10'100}, all).size() == 100);
}

TEST_CASE("time in which the process was suspended ends no lease") {
  lease_table t;
  const auto a = t.add(1, 10s, instant{0}), b = t.add(2, 30s, instant{0});
  // It slept from 5 s to 65 s: what was to ring at 10 s rings then.
  CHECK(t.take_due(instant{65s}, all).empty()); // a second for renewals that came meanwhile
  CHECK(t.take_due(instant{66s}, all) == numbers{a});
  CHECK(t.wake_at() == instant{86s});
  CHECK(t.renew(b, 2, {}, instant{70s}));
  CHECK(t.take_due(instant{86s}, all).empty());
  CHECK(t.take_due(instant{99s}, all).empty());
  CHECK(t.take_due(instant{100s}, all) == numbers{b});
}

TEST_CASE("a renewal that waited while the process was suspended is in time") {
  lease_table t;
  const auto a = t.add(1, 10s, instant{0});
  CHECK(t.renew(a, 1, {}, instant{65s})); // in the mailbox before the timer's message
  CHECK(t.take_due(instant{65s}, all).empty());
  CHECK(t.size() == 1);
}

TEST_CASE("leases that go or are shortened leave no queue behind that grows") {
  lease_table t;
  for (int i = 0; i < 10'000; ++i) {
    const auto a = t.add(1, 24h, instant{0});
    t.renew(a, 1, 23h, instant{0});
    t.renew(a, 1, 22h, instant{0});
    t.remove(a);
  }
  const auto a = t.add(1, 24h, instant{0});
  for (int i = 0; i < 10'000; ++i) t.renew(a, 1, 24h - std::chrono::seconds{i}, instant{0});
  CHECK(t.queued() < 100);
  CHECK(t.take_due(instant{24h} - 9999s, all) == numbers{a});
}

TEST_CASE("leases end when a plain model says so") {
  std::mt19937 random{7};
  for (int run = 0; run < 20; ++run) {
    lease_table t;
    std::map<std::uint64_t, std::pair<std::chrono::milliseconds, instant>> model; // ttl, deadline
    instant now{0};
    const auto draw = [&](int most) {
      return std::chrono::milliseconds{std::uniform_int_distribution<int>{0, most}(random)};
    };
    for (int i = 0; i < 2000; ++i) {
      now += draw(100);
      const auto what = draw(9).count();
      if (what < 3) {
        const auto ttl = 100ms + draw(5000);
        model[t.add(9, ttl, now)] = {ttl, now + ttl};
      } else if (what < 7 && !model.empty()) {
        auto at = std::next(model.begin(), draw(static_cast<int>(model.size()) - 1).count());
        if (what == 3) at->second.first = 100ms + draw(5000);
        REQUIRE(t.renew(at->first, 9, at->second.first, now));
        at->second.second = now + at->second.first;
      } else if (what == 7 && !model.empty()) {
        t.remove(model.begin()->first);
        model.erase(model.begin());
      }
      numbers expected;
      for (auto at = model.begin(); at != model.end();)
        if (at->second.second <= now) {
          expected.push_back(at->first);
          at = model.erase(at);
        } else {
          ++at;
        }
      auto gone = t.take_due(now, all);
      std::sort(gone.begin(), gone.end());
      REQUIRE(gone == expected);
      REQUIRE(t.size() == model.size());
    }
  }
}
