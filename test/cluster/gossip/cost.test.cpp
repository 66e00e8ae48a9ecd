// No frame is expensive: what its merge looks at and moves is counted, not timed.
#include "cluster/wire/format.hpp"
#include "test/catch.hpp"
#include "test/sim/random.hpp"
#include "test/sim/world.hpp"

#include <bit>

using namespace rollcall;
using namespace rollcall::cluster;
using namespace std::chrono_literals;

namespace {

const replica_id liar{"liar", {8, 8}};
const auto empty_meta = std::string{rollcall::meta{}.bytes()};

frame heartbeat() {
  frame f;
  f.from = liar;
  return f;
}

struct machine {
  gossip g{{"a", {1, 1}}, {}, 0ms, 100ms};

  machine() { give(heartbeat()); }
  std::uint64_t give(const frame& f) { return give(encode(f)); }
  /// Steps that it took.
  std::uint64_t give(const std::string& bytes) {
    const auto before = g.state().merge_steps();
    auto did = g.step(frame_in{bytes}, 1ms);
    while (did.more) did = g.step(proceed{}, 1ms);
    return g.state().merge_steps() - before;
  }
};

/// c n log n, and something for what is not in proportion.
std::uint64_t bound(std::size_t bytes) {
  return 2 * 65'536 + 8 * std::uint64_t{bytes} * static_cast<std::uint64_t>(std::bit_width(bytes));
}

/// Intervals past a gap, every other clock.
frame gaps(std::size_t n, crdt::clock_value from, std::size_t per_frame = 4000) {
  auto f = heartbeat();
  for (std::size_t i = 0; i < std::min(n, per_frame); ++i)
    f.deltas.push_back({liar, crdt::range{from + 2 * i, from + 2 * i + 1, {}, {}}});
  return f;
}

} // namespace

TEST_CASE("a multitude of dead past thousands of intervals costs what it is long") {
  machine m;
  m.give(gaps(4000, 1000));
  REQUIRE(m.g.state().gap_beyond(liar));
  auto f = heartbeat();
  crdt::range r{5'000'000, 5'000'001, {}, {}};
  for (crdt::dot d = 1; d <= 200'000; ++d) r.dead.push_back(2 * d);
  f.deltas.push_back({liar, r});
  const auto bytes = encode(f);
  REQUIRE(decode(bytes, limits{}).code == errc::none);
  CHECK(m.give(bytes) <= bound(bytes.size()));
}

TEST_CASE("more dead than any frame may name are refused") {
  auto f = heartbeat();
  crdt::range r{5'000'000, 5'000'001, {}, {}};
  for (crdt::dot d = 1; d <= format::max_dead + 1; ++d) r.dead.push_back(d);
  f.deltas.push_back({liar, r});
  CHECK(decode(encode(f), limits{}).code == errc::bad_frame);
}

TEST_CASE("thousands of births of one identity leave one, and cost what they are long") {
  machine m;
  auto f = heartbeat();
  crdt::range r{0, 65'536, {}, {}};
  for (crdt::dot d = 1; d <= 65'536; ++d) r.adds.emplace_back(d, "t", "k", 1, empty_meta);
  f.deltas.push_back({liar, r});
  const auto bytes = encode(f);
  CHECK(m.give(bytes) <= bound(bytes.size()));
  CHECK(m.g.state().table().count("t") == 1);
  CHECK(m.g.state().find(liar)->living.last() == 65'536);
}

TEST_CASE("a short frame that names a multitude by number does not walk it") {
  machine m;
  auto f = heartbeat();
  std::vector<std::string> keys;
  crdt::range r{0, 50'000, {}, {}};
  for (crdt::dot d = 1; d <= 50'000; ++d) keys.push_back(std::to_string(d));
  for (crdt::dot d = 1; d <= 50'000; ++d) r.adds.emplace_back(d, "t", keys[d - 1], 1, empty_meta);
  f.deltas.push_back({liar, r});
  m.give(f);
  REQUIRE(m.g.state().table().count("t") == 50'000);
  f.deltas.clear();
  crdt::part p{{liar, 1}, 0, 50'000, 50'000, {}, {}};
  p.known.insert(0, 50'000);
  f.deltas.push_back({liar, p});
  CHECK(m.give(f) < 1000);
  CHECK(m.g.state().table().count("t") == 50'000);
}

TEST_CASE("thousands of ranges before all intervals that are held cost what they are long") {
  machine m;
  m.give(gaps(4000, 1'000'000));
  auto f = heartbeat();
  // Each goes to the front, and closes what the one before it opened.
  for (std::size_t i = 0; i < 4000; ++i) {
    const auto at = 900'000 - 2 * static_cast<crdt::clock_value>(i % 50);
    f.deltas.push_back({liar, crdt::range{at, at + 1, {}, {}}});
  }
  const auto bytes = encode(f);
  CHECK(m.give(bytes) <= bound(bytes.size()));
}

TEST_CASE("a frame made to cost is left where it has cost enough, and counted") {
  machine m;
  m.give(gaps(4000, 1000));
  m.give(gaps(95, 10'000));
  REQUIRE(m.g.stats().frames_costly == 0);
  // All of it is known; but each death is looked for among all intervals.
  auto f = heartbeat();
  for (std::size_t i = 0; i < 2000; ++i)
    f.deltas.push_back({liar, crdt::range{1002, 1003, {}, {1001}}});
  // What stands behind it is lost, as frames may be: it is a gap, and pulled.
  f.deltas.push_back({liar, crdt::range{0, 1, {}, {}}});
  const auto bytes = encode(f);
  REQUIRE(decode(bytes, limits{}).code == errc::none);
  CHECK(m.give(bytes) <= bound(bytes.size()));
  CHECK(m.g.stats().frames_costly == 1);
  CHECK(m.g.state().prefix(liar) == 0);
  f.deltas.erase(f.deltas.begin(), f.deltas.end() - 1);
  m.give(f);
  CHECK(m.g.stats().frames_costly == 1);
  CHECK(m.g.state().prefix(liar) == 1);
}

TEST_CASE("no random hostile frame costs more than in proportion to n log n") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    sim::random r{seed, "hostile"};
    machine m;
    for (int frames = 0; frames < 6; ++frames) {
      auto f = heartbeat();
      const auto top = std::uint64_t{1} << (4 + r.below(20));
      for (auto n = r.pick<std::size_t>({1, 3, 50, 1000}); n > 0; --n) {
        const auto a = r.below(top), b = a + r.below(r.below(2) == 0 ? 3 : top);
        const auto births = [&](crdt::dot lo, std::vector<crdt::birth>& out) {
          for (auto d = lo; out.size() < 200 && (d += 1 + r.below(4)) <= b;)
            out.emplace_back(d, "t", r.below(2) == 0 ? "k" : "l", r.below(3), empty_meta);
        };
        if (r.below(2) == 0) {
          crdt::range x{a, b, {}, {}};
          for (crdt::dot d = 0; x.dead.size() < r.pick<std::size_t>({0, 2, 500})
                                && (d += 1 + r.below(top / 8 + 1)) <= a;)
            x.dead.push_back(d);
          births(a, x.adds);
          f.deltas.push_back({liar, std::move(x)});
        } else {
          crdt::part x{{liar, r.below(3)}, r.below(3) == 0 ? 0 : a, b, r.below(top), {}, {}};
          const auto hi = std::min(x.y, x.a);
          for (auto d = x.x; d < hi && x.known.intervals() < 100;) {
            const auto from = d + r.below(5), to = std::min(hi, from + 1 + r.below(5000));
            if (from < to) x.known.insert(from, to);
            d = to + 1;
          }
          births(std::max(x.x, x.a), x.adds);
          f.deltas.push_back({liar, std::move(x)});
        }
      }
      const auto bytes = encode(f);
      if (decode(bytes, limits{}).code != errc::none) continue;
      REQUIRE(m.give(bytes) <= bound(bytes.size()));
    }
  }
}
