// What a restarted shard takes over, and the reports of one step as diffs by node.
#include "actors/takeover.hpp"

#include "actors/reports_by_node.hpp"
#include "crdt/store.hpp"
#include "test/catch.hpp"
#include "test/crdt/merging.hpp"

using namespace rollcall;
using rollcall::actors::own_presences;
using rollcall::actors::reports_by_node;
using rollcall::crdt::merging::a_range;
using rollcall::crdt::merging::born;
using rollcall::crdt::merging::here;
using rollcall::crdt::merging::owner;

TEST_CASE("a restarted shard takes over the presences of its node alone, in order of their joins") {
  crdt::store state{here, limits{}};
  crdt::changes changes;
  const auto meta = test::some_meta(1);
  // Keys and topics are in another order than the joins.
  for (const auto& [topic, key] :
       {std::pair{"z", "b"}, std::pair{"a", "y"}, std::pair{"z", "a"}, std::pair{"m", "x"}})
    REQUIRE(state.track(topic, key, 7, meta, changes) == errc::none);
  REQUIRE(state.update("z", "b", 7, meta, changes) == errc::none); // it joins again, last
  state.open(owner);
  REQUIRE(state.merge(a_range(0, 1, {born(1, "theirs")}), changes).applied);
  state.publish();
  const auto taken = own_presences(state.table(), "here");
  std::string order;
  for (const auto& x : taken.own) order += std::string{x.topic()} + std::string{x.key()} + " ";
  CHECK(order == "ay za mx zb ");
  CHECK(own_presences(state.table(), "owner").own.size() == 1);
  CHECK(own_presences(state.table(), "nobody").own.empty());
}

TEST_CASE("the views of a takeover stay valid when the table they came from is gone") {
  auto state = std::make_unique<crdt::store>(here, limits{});
  crdt::changes changes;
  REQUIRE(state->track("room", "ada", 7, test::some_meta(1), changes) == errc::none);
  state->publish();
  const auto taken = own_presences(state->table(), "here");
  state.reset();
  REQUIRE(taken.own.size() == 1);
  CHECK(taken.own[0].key() == "ada");
}

TEST_CASE("two lives of one node in a step are one diff, those of other nodes stay apart") {
  const auto report = [](std::string name, std::uint64_t life, crdt::handle what) {
    cluster::report x{{std::move(name), {life, 0}}, {}};
    x.changes.push_back({});
    x.changes.back().what = what;
    return x;
  };
  const auto result =
      reports_by_node({report("a", 1, 1), report("b", 1, 2), report("a", 2, 3), report("c", 1, 4)});
  REQUIRE(result.size() == 3);
  CHECK(result[0].whose.name == "a");
  REQUIRE(result[0].changes.size() == 2);
  CHECK(result[0].changes[0].what == 1);
  CHECK(result[0].changes[1].what == 3);
  CHECK(result[1].whose.name == "b");
  CHECK(result[1].changes.size() == 1);
  CHECK(result[2].whose.name == "c");
  CHECK(reports_by_node({}).empty());
}
