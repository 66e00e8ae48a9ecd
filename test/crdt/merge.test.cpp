// The merge, delta by delta: each rule by the story that needs it.
#include "test/crdt/merging.hpp"

#include <initializer_list>

using namespace rollcall;
using namespace rollcall::crdt;
using namespace rollcall::crdt::merging;
using rollcall::test::parcel;

TEST_CASE("a range brings what was born and takes what died") {
  copy c;
  CHECK(c.merge(a_range(0, 3, {born(1, "k"), born(3, "m")}))); // 2 came and went
  CHECK(c.dots() == dots{1, 3});
  CHECK(c.prefix() == 3);
  CHECK(c.merge(a_range(3, 5, {born(5, "n")}, {1})));
  CHECK(c.dots() == dots{3, 5});
  CHECK(c.last.size() == 2);
  CHECK(!c.last.front().join);
}

TEST_CASE("a range past a gap counts, and the gap is seen until it is closed") {
  copy c;
  CHECK(c.merge(a_range(2, 4, {born(3, "k")})));
  CHECK(c.prefix() == 0);
  CHECK(c.state.gap_beyond(owner));
  CHECK(c.dots() == dots{3});
  changes out;
  const auto m = c.state.merge(a_range(0, 2, {born(1, "l")}), out);
  CHECK(m.moved);
  CHECK(c.prefix() == 4);
  CHECK(!c.state.gap_beyond(owner));
}

TEST_CASE("an overlapping range ends what lives in it and is not among its adds") {
  copy c;
  c.merge(a_range(0, 3, {born(1, "k"), born(2, "l"), born(3, "m")}));
  CHECK(c.merge(a_range(0, 5, {born(3, "m")}))); // cut later: 4 and 5 ended 1 and 2
  CHECK(c.dots() == dots{3});
  CHECK(c.last.size() == 2);
}

TEST_CASE("a dot learnt dead before its birth is known: an update takes two clocks") {
  // 3 lives; 4 is a birth; 5, 6 an update of 3; 7 the leave of 6. The leave
  // arrives first, 4 last. With one clock for an update the dead dot would hide
  // that 3 had ended, and the prefix would pass it.
  copy c;
  c.merge(a_range(0, 3, {born(3, "k")}));
  c.merge(a_range(6, 7, {}, {6}));
  c.merge(a_range(3, 4, {born(4, "l")}));
  CHECK(c.prefix() == 4);
  CHECK(c.dots() == dots{3, 4});
  c.merge(a_range(4, 6, {}, {3}));
  CHECK(c.prefix() == 7);
  CHECK(c.dots() == dots{4});
}

TEST_CASE("a leave that is in a gap: the newer join of a key ends the older, in one diff") {
  copy c;
  c.merge(a_range(0, 1, {born(1, "k")}));
  CHECK(c.merge(a_range(2, 3, {born(3, "k")}))); // the leave of 1 was clock 2
  CHECK(c.dots() == dots{3});
  REQUIRE(c.last.size() == 2);
  CHECK(!c.last[0].join);
  CHECK(c.last[1].join);
  CHECK(c.merge(a_range(1, 2, {}, {1})));
  CHECK(c.last.empty());
  CHECK(c.prefix() == 3);
}

TEST_CASE("an older join of a key that comes last is not born beside the newer") {
  copy c;
  c.merge(a_range(2, 3, {born(3, "k")}));
  CHECK(c.merge(a_range(0, 1, {born(1, "k")}))); // cut before its leave
  CHECK(c.dots() == dots{3});
  CHECK(c.last.empty());
  CHECK(c.state.knows(owner, 1));
}

TEST_CASE("two actors under one key of a topic do not end each other") {
  copy c;
  c.merge(a_range(0, 2, {born(1, "k", 1), born(2, "k", 2)}));
  CHECK(c.dots() == dots{1, 2});
}

TEST_CASE("add-add order: the same key and actor number on two replicas, in either order") {
  for (const bool swapped : {false, true}) {
    store s{here, limits{}};
    s.open(owner);
    s.open(other);
    changes out;
    for (const auto& id : swapped ? std::array{other, owner} : std::array{owner, other})
      CHECK(s.merge({id, range{0, 1, {born(1, "k")}, {}}}, out).applied);
    s.publish();
    CHECK(out.size() == 2);
    CHECK(s.table().count("room") == 2);
    CHECK(s.table().get_by_key("room", "k").size() == 2);
  }
}

TEST_CASE("parts count in their order only: a prefix from a part out of turn would be a lie") {
  copy c;
  CHECK(!c.merge(a_part(1, 2, 4, 0, {}, {born(3, "m")})));
  CHECK(c.dots().empty());
  CHECK(c.prefix() == 0);
  CHECK(c.merge(a_part(1, 0, 2, 0, {}, {born(1, "k")})));
  CHECK(c.prefix() == 2);
  CHECK(!c.merge(a_part(1, 4, 6, 0, {}, {born(5, "n")}))); // (2, 4] was lost
  CHECK(c.merge(a_part(1, 2, 4, 0, {}, {born(3, "m")})));
  CHECK(c.merge(a_part(1, 4, 6, 0, {}, {born(5, "n")})));
  CHECK(c.dots() == dots{1, 3, 5});
  CHECK(c.prefix() == 6);
}

TEST_CASE("parts of two answers do not mix") {
  copy c;
  CHECK(c.merge(a_part(1, 0, 2, 0, {}, {born(1, "k")})));
  CHECK(!c.merge(a_part(2, 2, 4, 0, {}, {born(3, "m")})));
  auto same_number = a_part(1, 2, 4, 0, {}, {born(3, "m")});
  std::get<part>(same_number.what).answer.from.inc.salt ^= 1; // another life's answer
  CHECK(!c.merge(same_number));
  CHECK(c.prefix() == 2);
}

TEST_CASE("a part for somebody who has more than we have is not for us") {
  copy c;
  c.merge(a_range(0, 2, {born(1, "k"), born(2, "l")}));
  CHECK(!c.merge(a_part(1, 0, 6, 3, {1, 2, 3}, {born(5, "n")})));
  CHECK(c.prefix() == 2);
  CHECK(c.merge(a_part(1, 0, 6, 2, {2}, {born(5, "n")})));
  CHECK(c.dots() == dots{2, 5});
  CHECK(c.prefix() == 6);
}

TEST_CASE("leave missed across a split: a part ends what it does not name") {
  copy c;
  c.merge(a_range(0, 3, {born(1, "k"), born(2, "l"), born(3, "m")}));
  // 4 and 5 ended 1 and 3 while we were apart, and the log has forgotten them.
  CHECK(c.merge(a_part(1, 0, 6, 3, {2}, {born(6, "n")})));
  CHECK(c.dots() == dots{2, 6});
  CHECK(c.prefix() == 6);
}

TEST_CASE("a relay that knows of a death says so by silence, and never gives a death a clock") {
  store relay{other, limits{}};
  relay.open(owner);
  changes out;
  relay.merge(a_range(0, 2, {born(1, "k"), born(2, "l")}), out);
  relay.merge(a_range(2, 3, {}, {1}), out);
  copy c;
  c.merge(a_range(0, 2, {born(1, "k"), born(2, "l")}));
  auto e = relay.begin_answer(owner, c.prefix());
  CHECK(!e.by_log);
  const auto d = relay.next_piece(e, {other, 1}, 10, 10'000);
  REQUIRE(d);
  REQUIRE(std::holds_alternative<part>(d->what));
  CHECK(std::get<part>(d->what).known.runs() == std::vector<interval_set::interval>{{1, 2}});
  CHECK(c.merge(*d));
  CHECK(c.dots() == dots{2});
  CHECK(c.prefix() == 3);
  CHECK(relay.done(e));
}

TEST_CASE("stale snapshot after a newer delta: the dead do not rise, the new do not die") {
  copy c;
  c.merge(a_range(2, 4, {born(4, "n")}, {1})); // newer: 3 was the leave of 1
  CHECK(c.merge(a_part(1, 0, 2, 0, {}, {born(1, "k"), born(2, "l")})));
  CHECK(c.dots() == dots{2, 4});
  CHECK(c.prefix() == 4);
  CHECK(c.merge(a_part(2, 0, 2, 0, {}, {born(1, "k"), born(2, "l")}))); // and again
  CHECK(c.last.empty());
  CHECK(c.dots() == dots{2, 4});
}

TEST_CASE("lookup between delete and insert of an update: readers see the one or the other") {
  copy c;
  c.merge(a_range(0, 1, {born(1, "k")}));
  const auto reader = c.state.shared_table();
  const auto seen = [&] {
    const auto all = reader->get_by_key("room", "k").to_vector();
    return all.size() == 1 ? all.front().ref.clock : 0;
  };
  CHECK(seen() == 1);
  auto joined = born(3, "k");
  joined.prev_ref = ref{owner.inc, 1};
  changes out;
  CHECK(c.state.merge(a_range(1, 3, {joined}, {1}), out).applied);
  CHECK(seen() == 1); // not nobody
  c.state.publish();
  CHECK(seen() == 3);
  CHECK(reader->count("room") == 1);
  REQUIRE(out.size() == 2);
  // What left can still be looked at after it was published that it did.
  CHECK(c.state.table().view(out[0].what).ref().clock == 1);
  CHECK(c.state.table().view(out[1].what).prev_ref() == ref{owner.inc, 1});
}

TEST_CASE("the leave of what is hidden is no news, and what is born hidden neither") {
  copy c;
  c.merge(a_range(0, 2, {born(1, "k"), born(2, "l")}));
  c.state.set_visible(owner, false);
  replica_id whose;
  changes out;
  CHECK(c.state.sweep(1, whose, out)); // one of the two is hidden by now
  CHECK(out.size() == 1);
  c.sum.add(c.state, out);
  CHECK(c.merge(a_range(2, 5, {born(3, "m")}, {1, 2})));
  CHECK(c.last.size() == 1); // of the one that was still seen
  CHECK(c.state.table().count("room") == 0);
  CHECK(c.state.table().dirty_list("room").size() == 1);
}

TEST_CASE("a delta that would break a bound leaves no trace") {
  limits few;
  few.max_presences = 3;
  few.max_beyond = 2;
  store s{here, few};
  s.open(owner);
  changes out;
  CHECK(s.merge(a_range(0, 2, {born(1, "k"), born(2, "l")}), out).applied);
  const auto m = s.merge(a_range(2, 4, {born(3, "m"), born(4, "n")}), out);
  CHECK(!m.applied);
  CHECK(!m.moved);
  CHECK(s.prefix(owner) == 2);
  CHECK(s.table().size() == 2);
  CHECK(!s.merge(a_part(1, 0, 4, 2, {1, 2}, {born(3, "m"), born(4, "n")}), out).applied);
  CHECK(s.merge(a_part(1, 0, 4, 2, {2}, {born(3, "m"), born(4, "n")}), out).applied);
  CHECK(s.table().size() == 3);

  CHECK(s.merge(a_range(5, 6, {}), out).applied);
  CHECK(s.merge(a_range(7, 8, {}), out).applied);
  CHECK(!s.merge(a_range(9, 10, {}), out).applied);
  CHECK(!s.knows(owner, 10));
  CHECK(s.merge(a_range(6, 10, {}), out).applied); // joins what is there
  CHECK(!s.merge(a_range(20, 21, {}, {12, 14}), out).applied);
  CHECK(s.merge(a_range(4, 21, {}), out).applied);
  CHECK(s.prefix(owner) == 21);
}

TEST_CASE("an ill-formed delta is not applied") {
  copy c;
  CHECK(!c.merge(a_range(3, 2, {})));
  CHECK(!c.merge(a_range(0, 2, {born(2, "k"), born(1, "l")})));
  CHECK(!c.merge(a_range(0, 2, {born(1, "k"), born(1, "l")})));
  CHECK(!c.merge(a_range(0, 2, {born(3, "k")})));
  CHECK(!c.merge(a_range(2, 3, {born(2, "k")})));
  CHECK(!c.merge(a_range(2, 3, {}, {3})));
  CHECK(!c.merge(a_range(2, 3, {}, {2, 1})));
  CHECK(!c.merge(a_range(2, 3, {}, {0})));
  CHECK(!c.merge(a_part(1, 0, 3, 0, {2}, {})));
  c.merge(a_range(0, 4, {}));
  CHECK(!c.merge(a_part(1, 0, 3, 4, {4}, {})));
  CHECK(!c.merge(a_part(1, 0, 6, 4, {}, {born(4, "k")})));
  CHECK(!c.merge(a_part(1, 3, 2, 0, {}, {})));
  CHECK(c.dots().empty());
  CHECK(c.prefix() == 4);
}

TEST_CASE("nobody writes into our own slice, nor into one that is not held") {
  copy c;
  CHECK(!c.state.merge({here, range{0, 1, {born(1, "k")}, {}}}, c.last).applied);
  CHECK(!c.state.merge({other, range{0, 1, {born(1, "k")}, {}}}, c.last).applied);
  CHECK(c.state.table().size() == 0);
}

TEST_CASE("a part is merged in pieces, each up to some dot") {
  copy c;
  std::vector<birth> all;
  const std::string keys = "abcdefgh";
  for (std::size_t i = 0; i < keys.size(); ++i)
    all.push_back(born(i + 1, std::string_view{keys}.substr(i, 1)));
  REQUIRE(c.merge(a_range(0, 8, all)));
  const auto p = a_part(1, 0, 12, 8, {3, 6}, {born(10, "x"), born(12, "y")});
  clock_value done = 0;
  const auto piece = [&] {
    c.last.clear();
    const auto did = c.state.merge(p, 2, done, c.last);
    c.state.publish();
    c.sum.add(c.state, c.last);
    c.sum.check(c.state);
    return did;
  };
  auto did = piece();
  CHECK(did.applied);
  CHECK(did.more);
  CHECK(!did.moved);
  CHECK(did.gone == 2);
  CHECK(c.dots() == dots{3, 4, 5, 6, 7, 8});
  SECTION("to its end") {
    CHECK(piece().more);
    CHECK(c.dots() == dots{3, 6, 7, 8});
    did = piece(); // the last two that die; and what is born, once it is known that none else does
    CHECK(did.more);
    CHECK(c.dots() == dots{3, 6});
    CHECK(c.prefix() == 8);
    did = piece();
    CHECK(!did.more);
    CHECK(did.moved);
    CHECK(did.gone == 0);
    CHECK(c.dots() == dots{3, 6, 10, 12});
    CHECK(c.prefix() == 12);
  }
  SECTION("but not past one of another answer") {
    CHECK(c.merge(a_part(2, 0, 5, 8, {3, 4}, {})));
    CHECK(!piece().applied);
    CHECK(c.dots() == dots{3, 4, 6, 7, 8});
    CHECK(c.merge(a_part(2, 5, 9, 8, {6}, {})));
    CHECK(c.dots() == dots{3, 4, 6});
  }
}
