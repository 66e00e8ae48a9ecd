// Why presences leave, as their owner says it and as the others hear of it.
#include "cluster/wire/frame.hpp"
#include "crdt/store.hpp"
#include "test/catch.hpp"

#include <algorithm>
#include <map>
#include <string>

using namespace rollcall;
using namespace rollcall::crdt;

namespace {

const replica_id owner{"a", {1, 1}};
const auto bytes = rollcall::meta{}.bytes();

struct two {
  store a{owner, limits{}};
  store b{{"b", {2, 2}}, limits{}};

  two() { b.open(owner); }

  void track(std::string_view key, std::uint64_t actor = 1) {
    changes out;
    REQUIRE(a.track("t", key, actor, bytes, out) == errc::none);
  }
  void update(std::string_view key) {
    changes out;
    REQUIRE(a.update("t", key, 1, bytes, out) == errc::none);
  }
  void untrack(std::string_view key) {
    changes out;
    REQUIRE(a.untrack("t", key, 1, out) == errc::none);
  }
  /// Brings b to a's clock, through bytes; key -> reason of what left there.
  std::map<std::string, std::string> bring() {
    std::map<std::string, std::string> why;
    auto e = a.begin_answer(owner, b.prefix(owner));
    while (!a.done(e)) {
      cluster::frame f;
      f.kind = cluster::frame_kind::heartbeat;
      f.from = owner;
      f.deltas.push_back(*a.next_piece(e, {owner, 1}, 1000, 100'000));
      const auto sent = cluster::encode(f);
      const auto came = cluster::decode(sent, limits{});
      REQUIRE(came.code == errc::none);
      changes out;
      REQUIRE(b.merge(came.frame.deltas.at(0), out).applied);
      b.publish();
      for (const auto& c : out)
        if (!c.join) why[std::string{b.table().view(c.what).key()}] = std::string{to_string(c.why)};
    }
    return why;
  }
};

using reasons = std::map<std::string, std::string>;

} // namespace

TEST_CASE("others hear from the owner why a presence left") {
  two n;
  for (auto key : {"ada", "bob", "cyd"}) n.track(key);
  n.track("dan", 2);
  n.bring();
  n.untrack("ada");
  n.update("bob");
  changes out;
  REQUIRE(n.a.untrack_all(2, 100, out, leave_reason::ended));
  CHECK(n.bring() == reasons{{"ada", "untracked"}, {"bob", "updated"}, {"dan", "ended"}});
}

TEST_CASE("a presence that was updated before its end leaves for the reason of its end") {
  two n;
  n.track("ada");
  n.track("bob");
  n.bring();
  n.update("ada");
  n.update("ada");
  n.untrack("ada");
  n.update("bob");
  n.update("bob");
  CHECK(n.bring() == reasons{{"ada", "untracked"}, {"bob", "updated"}});
}

TEST_CASE("an update that only a state transfer tells of is an update still") {
  limits none;
  none.max_removal_log = 0;
  two n;
  n.a = store{owner, none};
  for (auto key : {"ada", "bob", "cyd"}) n.track(key);
  n.bring();
  n.update("ada"); // its ref is named
  n.update("bob"); // and here is one in between
  n.update("bob");
  n.untrack("cyd");
  CHECK(n.bring() == reasons{{"ada", "updated"}, {"bob", "updated"}, {"cyd", "untracked"}});
}

TEST_CASE("reasons of a hundred leaves that are alike cost a tenth of a byte each at most") {
  auto size = [](std::vector<reason_run> runs) {
    range r;
    r.a = r.b = 1000;
    for (dot d = 1; d <= 100; ++d) r.dead.push_back(d);
    r.reasons = std::move(runs);
    cluster::frame f;
    f.from = owner;
    f.deltas.push_back({owner, std::move(r)});
    return cluster::encode(f).size();
  };
  const auto bare = size({});
  CHECK(size({{leave_reason::ended, 100}}) - bare <= 10);
  CHECK(size({{leave_reason::ended, 50}, {leave_reason::untracked, 49}, {leave_reason::ended, 1}})
            - bare
        <= 10);
}

TEST_CASE("reasons that do not fit the dead are refused") {
  range r;
  r.a = r.b = 10;
  r.dead = {1, 2, 3};
  r.reasons = {{leave_reason::ended, 2}, {leave_reason::updated, 1}};
  CHECK(well_formed(r));
  r.reasons.back().count = 2;
  CHECK_FALSE(well_formed(r));
  r.reasons = {{leave_reason::ended, 0}};
  CHECK_FALSE(well_formed(r));
  r.reasons = {{leave_reason::node_down, 1}}; // not for its owner to say
  CHECK_FALSE(well_formed(r));
}

TEST_CASE("who is hidden or dropped leaves for the reason that is given") {
  two n;
  n.track("ada");
  n.bring();
  auto swept = [&] {
    changes all;
    replica_id whose;
    while (n.b.sweep(100, whose, all)) {
    }
    return all;
  };
  n.b.set_visible(owner, false, leave_reason::node_down);
  CHECK(swept().at(0).why == leave_reason::node_down);
  n.b.set_visible(owner, true);
  CHECK(swept().at(0).join);
  n.b.drop(owner, leave_reason::node_left);
  CHECK(swept().at(0).why == leave_reason::node_left);
}
