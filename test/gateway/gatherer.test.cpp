#include "gateway/gatherer.hpp"

#include "gateway/presence_json.hpp"
#include "test/catch.hpp"

using namespace rollcall;
using namespace rollcall::gateway;
using namespace std::chrono_literals;

namespace {

presence at(std::string key, std::uint64_t clock, std::uint64_t prev = 0, meta data = {}) {
  presence p;
  p.topic = "t";
  p.key = std::move(key);
  p.ref = {{1, 2}, clock};
  if (prev != 0) p.prev_ref = ref{{1, 2}, prev};
  p.meta = std::move(data);
  return p;
}

topic_diff change(std::vector<presence> joins, std::vector<presence> leaves) {
  topic_diff d;
  d.topic = "t";
  for (auto& p : joins) static_cast<presence&>(d.joins.emplace_back()) = std::move(p);
  for (auto& p : leaves) static_cast<presence&>(d.leaves.emplace_back()) = std::move(p);
  return d;
}

} // namespace

TEST_CASE("gatherer: who came and went in between is not told", "[gateway]") {
  gatherer g;
  g.add(change({at("a", 1), at("b", 2)}, {}));
  g.add(change({}, {at("a", 1)}));
  const auto x = g.take();
  REQUIRE(x.joins.size() == 1);
  CHECK(x.joins[0].key == "b");
  CHECK(x.leaves.empty());
  CHECK(g.empty());
}

TEST_CASE("gatherer: of a chain of updates the first and the last are told", "[gateway]") {
  gatherer g;
  g.add(change({at("a", 3, 1)}, {at("a", 1)}));
  g.add(change({at("a", 5, 3)}, {at("a", 3, 1)}));
  g.add(change({at("a", 7, 5)}, {at("a", 5, 3)}));
  const auto x = g.take();
  REQUIRE(x.joins.size() == 1);
  CHECK(x.joins[0].ref.clock == 7);
  // the one that listeners know, so that they see an update
  CHECK(x.joins[0].prev_ref->clock == 1);
  REQUIRE(x.leaves.size() == 1);
  CHECK(x.leaves[0].ref.clock == 1);
}

TEST_CASE("gatherer: an update of one who came in the same window is a join", "[gateway]") {
  gatherer g;
  g.add(change({at("a", 1)}, {}));
  g.add(change({at("a", 3, 1)}, {at("a", 1)}));
  const auto x = g.take();
  REQUIRE(x.joins.size() == 1);
  CHECK(x.joins[0].ref.clock == 3);
  CHECK_FALSE(x.joins[0].prev_ref);
  CHECK(x.leaves.empty());
}

TEST_CASE("gatherer: who was hidden and shown again in between is not told", "[gateway]") {
  gatherer g;
  g.add(change({}, {at("a", 1)}));
  g.add(change({at("a", 1)}, {}));
  CHECK(g.empty());
}

TEST_CASE("gatherer: changes come out in order of key, then ref", "[gateway]") {
  gatherer g;
  g.add(change({at("b", 1), at("a", 9)}, {}));
  g.add(change({at("a", 2)}, {}));
  const auto x = g.take();
  REQUIRE(x.joins.size() == 3);
  CHECK(x.joins[0].ref.clock == 2);
  CHECK(x.joins[1].ref.clock == 9);
  CHECK(x.joins[2].key == "b");
}

TEST_CASE("window: it grows with members and listeners, between its limits", "[gateway]") {
  CHECK(window_of(0, 0) == 25ms);
  CHECK(window_of(100, 100) == 25ms);
  CHECK(window_of(1000, 1000) == 25ms);
  CHECK(window_of(4000, 4000) == 400ms);
  CHECK(window_of(10'000, 10'000) == 1000ms);
  CHECK(window_of(std::size_t{1} << 40, std::size_t{1} << 40) == 1000ms);
}

TEST_CASE("presence JSON: metas of one key stand together, with their references", "[gateway]") {
  const auto text = diff_json({at("a", 1, 0, {{"n", 1}}), at("a", 2, 1), at("__proto__", 3)}, {});
  CHECK(
      text
      == R"({"joins":{"a":{"metas":[{"n":1,"phx_ref":"0000000000000001-0000000000000002-1"},)"
         R"({"phx_ref":"0000000000000001-0000000000000002-2","phx_ref_prev":"0000000000000001-0000000000000002-1"}]},)"
         R"("__proto__":{"metas":[{"phx_ref":"0000000000000001-0000000000000002-3"}]}},"leaves":{}})");
}

TEST_CASE("presence JSON: a meta cannot forge a reference", "[gateway]") {
  const auto text =
      diff_json({at("a", 1, 0, {{"phx_ref", "x"}, {"phx_ref_prev", "y"}, {"z", 1}})}, {});
  CHECK(
      text
      == R"({"joins":{"a":{"metas":[{"z":1,"phx_ref":"0000000000000001-0000000000000002-1"}]}},"leaves":{}})");
}

TEST_CASE("window: the first change after a quiet time waits for what comes with it", "[gateway]") {
  const std::chrono::steady_clock::time_point start{1h};
  CHECK(flush_time(start + 10s, start, 25ms, 10ms) == start + 10s + 10ms);
  CHECK(flush_time(start + 10s, start, 25ms, 0ms) == start + 10s); // a state is not held up
  CHECK(flush_time(start + 5ms, start, 25ms, 10ms) == start + 25ms);
}
