// The store as a whole: own operations and their limits, long work in pieces,
// slices that come and go.
#include "crdt/store.hpp"

#include "test/catch.hpp"
#include "test/crdt/world.hpp"

using namespace rollcall;
using namespace rollcall::crdt;
using rollcall::test::folded;

namespace {

const replica_id self{"self", {1, 1}}, peer{"peer", {2, 2}};

std::string bytes(std::int64_t n) { return test::some_meta(n); }

presence last_of(const store& s, const changes& out) {
  return s.table().view(out.back().what).to_presence();
}

/// `n` presences of `peer`, k0 ... in one topic, dots 1 ... n.
void fill(store& s, std::size_t n, changes& out) {
  std::deque<std::string> keys;
  const auto meta = bytes(0);
  range r{0, n, {}, {}};
  for (std::size_t i = 1; i <= n; ++i)
    r.adds.push_back({i, "room", keys.emplace_back("k" + std::to_string(i)), 7, meta, {}, {}});
  REQUIRE(s.merge({peer, std::move(r)}, out).applied);
}

} // namespace

TEST_CASE("a presence is tracked once, updated, and untracked") {
  store s{self, limits{}};
  changes out;
  CHECK(s.track("room", "k", 5, bytes(1), out) == errc::none);
  CHECK(s.clock() == 1);
  CHECK(last_of(s, out).ref == ref{self.inc, 1});
  CHECK(!last_of(s, out).prev_ref);
  CHECK(s.track("room", "k", 5, bytes(2), out) == errc::already_tracked);
  CHECK(s.track("room", "k", 6, bytes(2), out) == errc::none);
  CHECK(s.update("room", "l", 5, bytes(2), out) == errc::nopresence);
  CHECK(s.untrack("room", "l", 5, out) == errc::nopresence);
  CHECK(s.clock() == 2);
  CHECK(out.size() == 2);
  CHECK(s.untrack("room", "k", 5, out) == errc::none);
  CHECK(s.clock() == 3);
  CHECK(!out.back().join);
  s.publish();
  CHECK(s.table().count("room") == 1);
  CHECK(s.removal_log_size() == 1);
}

TEST_CASE("an update is a leave and a join, and names the ref of what it replaced") {
  store s{self, limits{}};
  changes out;
  s.track("room", "k", 5, bytes(1), out);
  out.clear();
  CHECK(s.update("room", "k", 5, bytes(1), out) == errc::none); // an equal meta is one too
  CHECK(s.clock() == 3);
  REQUIRE(out.size() == 2);
  CHECK(!out[0].join);
  CHECK(out[1].join);
  const auto first = last_of(s, out);
  CHECK(first.ref == ref{self.inc, 3});
  CHECK(first.prev_ref == ref{self.inc, 1});
  CHECK(s.update("room", "k", 5, bytes(2), out) == errc::none);
  CHECK(last_of(s, out).prev_ref == first.ref);
  s.publish();
  CHECK(s.table().count("room") == 1);
}

TEST_CASE("a restored presence keeps the refs of the life before") {
  store s{self, limits{}};
  changes out;
  const ref old{{0, 9}, 77}, older{{0, 9}, 70};
  const auto meta = bytes(1);
  CHECK(s.restore({0, "room", "k", 5, meta, old, older}, out) == errc::none);
  CHECK(last_of(s, out).ref == old);
  CHECK(last_of(s, out).prev_ref == older);
  CHECK(s.restore({0, "room", "k", 5, meta, old, older}, out) == errc::already_tracked);
  CHECK(s.clock() == 1);
  auto e = s.begin_answer(self, 0);
  const auto d = s.next_piece(e, {self, 1}, 10, 10'000);
  REQUIRE(d);
  const auto b = std::get<range>(d->what).adds.at(0);
  CHECK(b.ref == old);
  CHECK(b.prev_ref == older);
  CHECK(s.update("room", "k", 5, bytes(2), out) == errc::none);
  CHECK(last_of(s, out).prev_ref == old);
  CHECK(last_of(s, out).ref == ref{self.inc, 3});
}

TEST_CASE("all presences of an actor go, at most so many at a time") {
  store s{self, limits{}};
  changes out;
  for (int i = 0; i < 7; ++i) s.track(i % 2 ? "a" : "b", std::to_string(i), 5, bytes(1), out);
  s.track("a", "x", 6, bytes(1), out);
  out.clear();
  CHECK(!s.untrack_all(5, 3, out));
  CHECK(out.size() == 3);
  CHECK(!s.untrack_all(5, 0, out));
  CHECK(s.untrack_all(5, 4, out));
  CHECK(out.size() == 7);
  CHECK(s.untrack_all(5, 4, out));
  CHECK(s.clock() == 15);
  CHECK(s.table().size() == 1);
}

TEST_CASE("own operations past a limit answer limit_reached, and change nothing") {
  changes out;
  SECTION("of the table") {
    limits few;
    few.max_presences = 2;
    store s{self, few};
    CHECK(s.track("a", "k", 1, bytes(1), out) == errc::none);
    CHECK(s.track("b", "k", 1, bytes(1), out) == errc::none);
    CHECK(s.track("c", "k", 1, bytes(1), out) == errc::limit_reached);
    CHECK(s.restore({0, "c", "k", 1, {}, {}, {}}, out) == errc::limit_reached);
    CHECK(s.track("a", "k", 1, bytes(2), out) == errc::already_tracked); // says more
    CHECK(s.clock() == 2);
    CHECK(s.update("a", "k", 1, bytes(2), out) == errc::none);
    CHECK(s.untrack("a", "k", 1, out) == errc::none);
    CHECK(s.track("c", "k", 1, bytes(1), out) == errc::none);
  }
  SECTION("of an actor") {
    limits few;
    few.max_presences_per_actor = 1;
    store s{self, few};
    CHECK(s.track("a", "k", 1, bytes(1), out) == errc::none);
    CHECK(s.track("b", "k", 1, bytes(1), out) == errc::limit_reached);
    CHECK(s.track("b", "k", 2, bytes(1), out) == errc::none);
    CHECK(s.update("a", "k", 1, bytes(2), out) == errc::none);
  }
  SECTION("of a topic") {
    limits few;
    few.max_presences_per_topic = 1;
    store s{self, few};
    CHECK(s.track("a", "k", 1, bytes(1), out) == errc::none);
    CHECK(s.track("a", "k", 2, bytes(1), out) == errc::limit_reached);
    CHECK(s.track("b", "k", 2, bytes(1), out) == errc::none);
  }
}

TEST_CASE("no more replicas are held than the limit says") {
  limits few;
  few.max_replicas = 2;
  store s{self, few};
  CHECK(!s.open(self));
  CHECK(s.open(peer));
  CHECK(!s.open(peer));
  CHECK(s.open({"x", {1, 1}}));
  CHECK(!s.open({"y", {1, 1}}));
  CHECK(s.slices() == std::vector<replica_id>{peer, {"x", {1, 1}}});
  s.drop(peer); // empty: gone at once
  CHECK(!s.sweeping());
  CHECK(s.open({"y", {1, 1}}));
}

TEST_CASE("a slice is hidden and shown again in pieces, and readers see what was reported") {
  store s{self, limits{}};
  s.open(peer);
  folded sum;
  changes out;
  const auto told = [&] {
    s.publish();
    sum.add(s, out);
    out.clear();
    sum.check(s);
    return s.table().count("room");
  };
  fill(s, 10, out);
  CHECK(told() == 10);
  replica_id whose;
  CHECK(!s.sweep(3, whose, out));
  s.set_visible(peer, true); // as it is
  CHECK(!s.sweeping());
  s.set_visible(peer, false);
  CHECK(s.sweeping());
  CHECK(told() == 10);
  CHECK(s.sweep(3, whose, out));
  CHECK(whose == peer);
  CHECK(out.size() == 3);
  CHECK(told() == 7);
  CHECK(s.table().dirty_list("room").size() == 10);
  // A birth meanwhile is hidden, a death is a leave only if it was still seen.
  const auto meta = bytes(0);
  CHECK(
      s.merge({peer, range{10, 14, {{14, "room", "new", 7, meta, {}, {}}}, {1, 10}}}, out).applied);
  CHECK(out.size() == 1);
  CHECK(told() == 6);
  // Up again before the end: those hidden come back, the others never left.
  s.set_visible(peer, true);
  CHECK(s.sweep(100, whose, out));
  CHECK(told() == 9);
  CHECK(!s.sweep(100, whose, out));
  // Down and up within one sweep: nothing to tell.
  s.set_visible(peer, false);
  s.set_visible(peer, true);
  CHECK(!s.sweep(100, whose, out));
  CHECK(told() == 9);
  s.set_visible(peer, false);
  while (s.sweep(1, whose, out)) told();
  CHECK(told() == 0);
  CHECK(s.table().dirty_list("room").size() == 9);
  CHECK(!s.sweeping());
}

TEST_CASE("a slice given up is not held from then on, and its presences leave in pieces") {
  store s{self, limits{}};
  s.open(peer);
  changes out;
  fill(s, 10, out);
  s.publish();
  folded sum;
  sum.add(s, out);
  out.clear();
  s.drop(peer);
  CHECK(!s.holds(peer));
  CHECK(s.prefix(peer) == 0);
  CHECK(s.dropping("peer"));
  CHECK(!s.dropping("pee"));
  CHECK(!s.open(peer));
  CHECK(s.open({"peer", {3, 3}})); // its next life need not wait
  changes none;
  CHECK(!s.merge({peer, range{10, 11, {}, {1}}}, none).applied);
  s.set_visible(peer, false);
  replica_id whose;
  std::size_t pieces = 0;
  while (s.sweep(4, whose, out)) {
    ++pieces;
    CHECK(out.size() <= 4);
    CHECK(whose == peer);
    s.publish();
    sum.add(s, out);
    sum.check(s);
    out.clear();
  }
  CHECK(pieces == 3);
  CHECK(sum.view.empty());
  CHECK(!s.dropping("peer"));
  CHECK(s.table().size() == 0);
  CHECK(s.open(peer));
  fill(s, 10, out);
  CHECK(out.size() == 10);
  s.publish();
  s.set_visible(peer, false);
  out.clear();
  CHECK(s.sweep(4, whose, out));
  s.drop(peer); // while it is being hidden: only those still seen leave
  while (s.sweep(4, whose, out)) {
  }
  CHECK(out.size() == 10);
  CHECK(s.table().size() == 0);
}

TEST_CASE("slices take turns in being swept") {
  store s{self, limits{}};
  const replica_id third{"third", {5, 5}};
  changes out;
  s.open(peer);
  s.open(third);
  fill(s, 10, out);
  const auto meta = bytes(0);
  s.merge({third, range{0, 1, {{1, "room", "k", 7, meta, {}, {}}}, {}}}, out);
  s.set_visible(peer, false);
  s.set_visible(third, false);
  replica_id whose;
  out.clear();
  CHECK(s.sweep(2, whose, out));
  CHECK(whose == peer);
  CHECK(s.sweep(2, whose, out));
  CHECK(whose == third);
  CHECK(s.sweep(2, whose, out));
  CHECK(whose == peer);
}

TEST_CASE("a new life takes the presences along, with their refs") {
  store s{self, limits{}};
  changes out;
  s.track("room", "k", 5, bytes(1), out);
  s.track("room", "l", 5, bytes(1), out);
  s.update("room", "k", 5, bytes(2), out);
  s.publish();
  const auto before = s.table().list("room").to_vector();
  const replica_id next{"self", {2, 1}};
  changes leaves, joins;
  s.rebirth(next, leaves, joins);
  s.publish();
  CHECK(s.self() == next);
  CHECK(s.clock() == 2);
  CHECK(leaves.size() == 2);
  REQUIRE(joins.size() == 2);
  CHECK(s.table().view(leaves[0].what).replica() == self);
  auto after = s.table().list("room").to_vector();
  REQUIRE(after.size() == 2);
  for (std::size_t i = 0; i < 2; ++i) {
    CHECK(after[i].who.replica == next);
    CHECK(after[i].key == before[i].key);
    CHECK(after[i].meta == before[i].meta);
    CHECK(after[i].ref == before[i].ref);
    CHECK(after[i].prev_ref == before[i].prev_ref);
  }
  // And through another one.
  s.rebirth({"self", {3, 1}}, leaves, joins);
  s.publish();
  CHECK(s.table().list("room").to_vector().at(0).ref == before[0].ref);
  CHECK(s.table().count("room") == 2);
  CHECK(s.track("room", "k", 5, bytes(1), out) == errc::already_tracked);
  CHECK(s.untrack_all(5, 10, out));
  CHECK(s.table().size() == 0);
}

TEST_CASE("memory of a slice follows what lives, whatever its clock") {
  limits lim;
  lim.max_removal_log = 100;
  store s{self, lim};
  changes out;
  s.track("room", "stays", 1, bytes(0), out);
  const auto meta = bytes(0);
  for (int i = 0; i < 200'000; ++i) {
    out.clear();
    s.track("room", "k", 2, meta, out);
    s.untrack("room", "k", 2, out);
    if (i % 64 == 0) s.publish();
  }
  s.publish();
  CHECK(s.clock() == 400'001);
  CHECK(s.find(self)->living.size() == 1);
  CHECK(s.find(self)->living.leaves() == 1);
  CHECK(s.find(self)->living.memory_bytes() < 4096);
  CHECK(s.removal_log_size() == 100);
}
