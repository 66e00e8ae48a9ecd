// A shard that died and came back with what it had.
#include "cluster/gossip/gossip.hpp"
#include "cluster/wire/frame.hpp"
#include "test/catch.hpp"

#include <deque>
#include <string>

using namespace rollcall;
using namespace rollcall::cluster;
using namespace std::chrono_literals;

namespace {

const auto empty_meta = std::string{rollcall::meta{}.bytes()};

/// Frames of one machine to the other, until neither has any.
void exchange(gossip& a, gossip& b, actions did, bool of_a, instant now) {
  std::deque<std::pair<bool, outgoing>> under_way;
  auto keep = [&](bool from_a, actions x) {
    for (auto& f : x.frames) under_way.emplace_back(from_a, f);
  };
  keep(of_a, std::move(did));
  while (!under_way.empty()) {
    auto [from_a, f] = under_way.front();
    under_way.pop_front();
    keep(!from_a, (from_a ? b : a).step(frame_in{*f.bytes}, now));
  }
}

std::size_t joins(const actions& x) {
  std::size_t n = 0;
  for (auto& r : x.reports)
    for (auto& c : r.changes) n += c.join;
  return n;
}

std::size_t leaves(const actions& x) {
  std::size_t n = 0;
  for (auto& r : x.reports) n += r.changes.size();
  return n - joins(x);
}

} // namespace

TEST_CASE("a life that brings along what it had takes the place of the old one in one step") {
  tracker_options o;
  o.link_grace.reset(); // else the old one is shown for as long
  const bool small = GENERATE(true, false);
  if (!small) o.limits.max_frame_presences = 5;
  gossip old{{"a", {5, 5}}, o, 0ms, 100ms}, z{{"z", {5, 6}}, o, 0ms, 100ms};
  for (int i = 0; i < 10; ++i) old.step(op_track{"t", "k" + std::to_string(i), 1, empty_meta}, 1ms);
  z.step(link_up{"a"}, 1ms);
  exchange(old, z, old.step(link_up{"z"}, 1ms), true, 1ms);
  exchange(old, z, old.step(timer_due{}, 2ms), true, 2ms);
  REQUIRE(z.state().table().count("t") == 10);

  gossip fresh{{"a", {6, 5}}, o, 10ms, 100ms};
  for (int i = 0; i < 10; ++i) {
    const ref kept{{5, 5}, static_cast<std::uint64_t>(i + 1)};
    fresh.step(op_restore{"t", "k" + std::to_string(i), 1, empty_meta, kept, {}}, 10ms);
  }
  auto hello = fresh.step(link_up{"z"}, 10ms);
  REQUIRE(hello.frames.size() == 1);
  const auto did = z.step(frame_in{*hello.frames[0].bytes}, 11ms);
  if (small) {
    CHECK(leaves(did) == 10);
    CHECK(joins(did) == 10);
    CHECK(z.state().table().count("t") == 10);
    for (auto& f : did.frames)
      CHECK(decode(*f.bytes, limits{}).frame.kind != frame_kind::pull); // nothing is missing
    // Once is enough: a link that was lost and is back is greeted with clocks.
    exchange(fresh, z, did, false, 12ms);
    fresh.step(link_down{"z"}, 12ms);
    const auto again = fresh.step(link_up{"z"}, 13ms);
    REQUIRE(again.frames.size() == 1);
    CHECK(again.frames[0].bytes->size() < hello.frames[0].bytes->size());
  } else {
    CHECK(leaves(did) == 10); // too large for one frame: it comes with the flush
    CHECK(joins(did) == 0);
    exchange(fresh, z, did, false, 12ms);
  }
  // The open delta goes out all the same, and harms nobody.
  exchange(fresh, z, fresh.step(timer_due{}, 40ms), true, 40ms);
  CHECK(z.state().table().count("t") == 10);
  CHECK(z.state().table().list("t").to_vector() == fresh.state().table().list("t").to_vector());
  CHECK(z.replicas().at(1).id == replica_id{"a", {6, 5}});
}

TEST_CASE("a restored life that has more than a peer may be sent lets it pull") {
  // Seed 2455: its greeting did not heed the limit of bytes under way.
  tracker_options o;
  o.limits.max_outstanding_bytes = 400;
  gossip fresh{{"a", {6, 5}}, o, 10ms, 100ms}, z{{"z", {5, 6}}, o, 0ms, 100ms};
  z.step(link_up{"a"}, 1ms);
  for (int i = 0; i < 50; ++i) {
    const ref kept{{5, 5}, static_cast<std::uint64_t>(i + 1)};
    fresh.step(op_restore{"t", "k" + std::to_string(i), 1, empty_meta, kept, {}}, 10ms);
  }
  const auto hello = fresh.step(link_up{"z"}, 10ms);
  CHECK(fresh.holdings().most_outstanding <= 400);
  exchange(fresh, z, hello, true, 11ms);
  exchange(fresh, z, fresh.step(timer_due{}, 40ms), true, 40ms);
  CHECK(z.state().table().count("t") == 50);
}

TEST_CASE("a restored life announces no clock that it announces less of later") {
  // Seed 18: its greeting announced the open delta, and the answer to a peer
  // that came up before the flush went back to the clock of the last flush.
  gossip fresh{{"a", {6, 5}}, {}, 10ms, 100ms}, z{{"z", {5, 6}}, {}, 0ms, 100ms};
  z.step(link_up{"a"}, 1ms);
  fresh.step(op_restore{"t", "k", 1, empty_meta, {{5, 5}, 1}, {}}, 10ms);
  crdt::clock_value before = 0;
  auto must_grow = [&](const actions& did) {
    for (auto& f : did.frames)
      for (auto& [who, clock] : decode(*f.bytes, limits{}).frame.clocks)
        if (who == fresh.self()) {
          CHECK(clock >= before);
          before = clock;
        }
  };
  const auto hello = fresh.step(link_up{"z"}, 10ms);
  must_grow(hello);
  REQUIRE(hello.frames.size() == 1);
  const auto answer = z.step(frame_in{*hello.frames[0].bytes}, 11ms);
  CHECK(z.state().table().count("t") == 1);
  REQUIRE_FALSE(answer.frames.empty());
  for (auto& f : answer.frames) must_grow(fresh.step(frame_in{*f.bytes}, 12ms)); // it is up now
  must_grow(fresh.step(timer_due{}, 40ms));
  CHECK(before == 1);
}
