// Steps of a machine: what is merged in pieces, and what is published together.
#include "cluster/gossip/gossip.hpp"
#include "cluster/wire/frame.hpp"
#include "rollcall/meta.hpp"
#include "test/catch.hpp"

#include <string>
#include <utility>
#include <vector>

using namespace rollcall;
using namespace rollcall::cluster;
using namespace std::chrono_literals;

namespace {

std::size_t pulls(const actions& a) {
  std::size_t n = 0;
  for (auto& f : a.frames) n += decode(*f.bytes, limits{}).frame.kind == frame_kind::pull;
  return n;
}

const replica_id other{"b", {7, 7}};

} // namespace

TEST_CASE("a frame of which more die than a piece of work may be is merged in pieces") {
  // A hundred thousand that died while the log was cut ended in one step.
  tracker_options o;
  o.link_grace.reset(); // else a life that is superseded is shown for as long
  o.limits.batch = 3;
  const auto meta = rollcall::meta{}.bytes();
  std::vector<std::string> keys;
  for (char c = 'a'; c <= 'j'; ++c) keys.emplace_back(1, c);
  crdt::range born{0, 10, {}, {}};
  for (std::size_t i = 0; i < keys.size(); ++i)
    born.adds.emplace_back(i + 1, "t", keys[i], 1, meta);
  frame push;
  push.from = other;
  push.clocks = {{other, 10}};
  push.deltas.push_back({other, born});

  gossip g{{"a", {1, 1}}, o, 0ms, 100ms};
  g.step(link_up{"b"}, 1ms);
  g.step(frame_in{encode(push)}, 2ms);
  REQUIRE(g.state().table().count("t") == 10);

  // All but the last have died, and one was born.
  crdt::part rest{{other, 1}, 0, 20, 10, {}, {}};
  rest.known.push_back(10);
  rest.adds.emplace_back(20, "t", "new", 2, meta);
  const auto goes_on = [&](actions did, std::size_t changes, std::size_t count) {
    REQUIRE(did.reports.size() == 1);
    CHECK(did.reports[0].changes.size() == changes);
    CHECK(g.state().table().count("t") == count);
    CHECK(g.holdings().merging == (did.more ? 1 : 0));
    return did.more;
  };

  SECTION("of an answer: the next frame is asked for when all is merged") {
    frame f;
    f.kind = frame_kind::state;
    f.from = other;
    f.at = answer_position{{other, 1}, 0, false};
    f.deltas.push_back({other, rest});
    push.clocks = {{other, 20}};
    push.deltas.clear();
    REQUIRE(pulls(g.step(frame_in{encode(push)}, 3ms)) == 1);
    CHECK(goes_on(g.step(frame_in{encode(f)}, 4ms), 3, 7));
    CHECK(g.state().prefix(other) == 10);
    SECTION("to its end") {
      auto did = g.step(proceed{}, 5ms);
      CHECK(pulls(did) == 0);
      CHECK(goes_on(std::move(did), 3, 4));
      SECTION("whoever sends it again meanwhile") {
        CHECK(g.step(frame_in{encode(f)}, 6ms).reports.empty());
      }
      SECTION("though a beat passes meanwhile") { CHECK(pulls(g.step(tick{}, 100ms)) == 0); }
      CHECK(goes_on(g.step(proceed{}, 101ms), 3, 1));
      did = g.step(proceed{}, 102ms);
      CHECK(pulls(did) == 1);
      CHECK_FALSE(goes_on(std::move(did), 1, 2));
      CHECK(g.state().prefix(other) == 20);
    }
    SECTION("or until the life that it speaks of is over") {
      frame later;
      later.from = {"b", {other.inc.start_us + 1, 0}};
      auto did = g.step(frame_in{encode(later)}, 5ms);
      CHECK(g.holdings().merging == 0);
      for (int i = 0; did.more && i < 10; ++i) did = g.step(proceed{}, 6ms);
      CHECK_FALSE(did.more);
      CHECK(g.state().table().count("t") == 0);
    }
  }
  SECTION("of what is pushed") {
    frame f;
    f.from = other;
    f.clocks = {{other, 20}};
    f.deltas.push_back({other, rest});
    auto did = g.step(frame_in{encode(f)}, 4ms);
    CHECK(pulls(did) == 0); // what it lacks still is in that frame
    CHECK(goes_on(std::move(did), 3, 7));
    CHECK(goes_on(g.step(proceed{}, 5ms), 3, 4));
    CHECK(goes_on(g.step(proceed{}, 5ms), 3, 1));
    did = g.step(proceed{}, 6ms);
    CHECK(pulls(did) == 0);
    CHECK_FALSE(goes_on(std::move(did), 1, 2));
    CHECK(g.state().prefix(other) == 20);
  }
}

TEST_CASE("what is not published yet is reported, and seen with the next publication") {
  gossip g{{"a", {1, 1}}, {}, 0ms, 100ms};
  const auto track = [&](std::string_view key) {
    return g.step_unpublished(op_track{"t", key, 1, rollcall::meta{}.bytes()}, 1ms);
  };
  const auto& table = g.state().table();
  const auto first = track("k"), second = track("l");
  CHECK(track("k").code == errc::already_tracked);
  CHECK(table.count("t") == 0);
  SECTION("by itself") { g.publish(); }
  SECTION("of another step") { g.step(timer_due{}, 2ms); }
  CHECK(table.count("t") == 2);
  for (const auto* did : {&first, &second}) {
    REQUIRE(did->reports.size() == 1);
    REQUIRE(did->reports[0].changes.size() == 1);
    CHECK(did->reports[0].changes[0].join);
  }
  CHECK(table.view(first.reports[0].changes[0].what).key() == "k");
  CHECK(table.view(second.reports[0].changes[0].what).key() == "l");
  CHECK(second.ref->clock == first.ref->clock + 1);
}
