// Slices by themselves: what a copy knows, what the owner's log remembers, and
// how answers are cut.
#include "crdt/slice.hpp"

#include "crdt/cut.hpp"
#include "crdt/removal_log.hpp"
#include "test/catch.hpp"
#include "test/crdt/world.hpp"

#include <rapidcheck.h>

#include <set>

using namespace rollcall;
using namespace rollcall::crdt;

namespace {

const replica_id self{"self", {1, 1}}, peer{"peer", {2, 2}};
constexpr std::size_t plenty = 1'000'000;

void track(store& s, std::string_view key) {
  changes out;
  REQUIRE(s.track("room", key, 1, test::some_meta(1), out) == errc::none);
}
void untrack(store& s, std::string_view key) {
  changes out;
  REQUIRE(s.untrack("room", key, 1, out) == errc::none);
}
void update(store& s, std::string_view key) {
  changes out;
  REQUIRE(s.update("room", key, 1, test::some_meta(2), out) == errc::none);
}

std::vector<delta> all_pieces(const store& s, extraction e, std::size_t n, std::size_t bytes) {
  std::vector<delta> out;
  while (!s.done(e)) out.push_back(s.next_piece(e, {s.self(), 1}, n, bytes).value());
  return out;
}

} // namespace

TEST_CASE("what a copy knows is a set of clocks, and its prefix is the first run of it") {
  CHECK(rc::check("learn", [](const std::vector<std::pair<std::uint8_t, std::uint8_t>>& steps) {
    remote_slice s;
    std::set<clock_value> model;
    for (auto [a, n] : steps) {
      const clock_value from = a % 64, to = from + n % 8;
      s.learn(from, to);
      for (auto c = from + 1; c <= to; ++c) model.insert(c);
      clock_value prefix = 0;
      while (model.count(prefix + 1)) ++prefix;
      RC_ASSERT(s.prefix == prefix);
      for (clock_value c = 1; c < 80; ++c) RC_ASSERT(s.knows(c) == (model.count(c) == 1));
      RC_ASSERT((s.beyond.empty() || s.beyond.runs().front().a > prefix));
    }
  }));
}

TEST_CASE("the removal log keeps the last leaves and says from where on it is whole") {
  removal_log log{2};
  CHECK(log.reaches_back_to(0));
  log.push({3, 1, leave_reason::untracked});
  log.push({5, 2, leave_reason::ended});
  CHECK(log.reaches_back_to(0));
  log.push({8, 4, leave_reason::updated});
  CHECK(log.size() == 2);
  CHECK(log.floor() == 3);
  CHECK(!log.reaches_back_to(2));
  CHECK(log.reaches_back_to(3));
  CHECK(log.after(5)->at == 8);
  CHECK(log.after(8) == log.end());
  removal_log none{0};
  none.push({3, 1, leave_reason::untracked});
  CHECK(none.size() == 0);
  CHECK(!none.reaches_back_to(2));
  CHECK(none.reaches_back_to(3));
}

TEST_CASE("the open delta is one range: what came and went inside it is not told") {
  store s{self, limits{}};
  track(s, "k");
  track(s, "l");
  untrack(s, "l");
  update(s, "k");
  const auto pieces = all_pieces(s, s.begin_answer(self, 0), plenty, plenty);
  REQUIRE(pieces.size() == 1);
  const auto& r = std::get<range>(pieces[0].what);
  CHECK(r.a == 0);
  CHECK(r.b == 5);
  CHECK(r.dead.empty());
  REQUIRE(r.adds.size() == 1);
  CHECK(r.adds[0].dot == 5);
  CHECK(r.adds[0].prev_ref == ref{self.inc, 1});
  CHECK(!r.adds[0].ref);
  const auto later = all_pieces(s, s.begin_answer(self, 1), plenty, plenty);
  CHECK(std::get<range>(later.at(0).what).dead == std::vector<dot>{1});
  CHECK(s.done(s.begin_answer(self, 5)));
  auto nothing = s.begin_answer(self, 5);
  CHECK(!s.next_piece(nothing, {self, 1}, 1, 1));
}

TEST_CASE("no piece ends between the two clocks of an update") {
  for (const std::size_t n : {1u, 2u, 3u, 50u})
    for (const std::size_t bytes : {std::size_t{1}, plenty}) {
      store s{self, limits{}};
      for (auto k : {"a", "b", "c", "d", "e"}) track(s, k);  // 1 ... 5
      for (auto k : {"a", "b", "c", "d", "e"}) update(s, k); // leaves at 6, 8, 10, 12, 14
      untrack(s, "c");                                       // 16; the join at 11 is gone
      for (const clock_value a : {0u, 1u, 3u, 5u, 7u, 9u, 11u, 13u, 15u}) {
        auto last = a;
        for (const auto& d : all_pieces(s, s.begin_answer(self, a), n, bytes)) {
          const auto& r = std::get<range>(d.what);
          CHECK(r.a == last);
          CHECK(r.b > r.a);
          CHECK((r.b < 6 || r.b > 14 || r.b % 2 == 1));
          CHECK(r.adds.size() + r.dead.size() <= std::max<std::size_t>(n, 2));
          CHECK(well_formed(r));
          last = r.b;
        }
        CHECK(last == 16);
      }
    }
}

TEST_CASE("an answer without the log is parts, which name by number what the asker has") {
  limits lim;
  lim.max_removal_log = 0;
  store s{self, lim};
  for (auto k : {"a", "b", "c", "d", "e", "f"}) track(s, k); // 1 ... 6
  untrack(s, "c");                                           // 7
  const auto e = s.begin_answer(self, 4);
  CHECK(!e.by_log);
  const auto whole = all_pieces(s, e, plenty, plenty);
  REQUIRE(whole.size() == 1);
  const auto& p = std::get<part>(whole[0].what);
  CHECK(p.known.runs() == std::vector<interval_set::interval>{{0, 2}, {3, 4}});
  CHECK(p.adds.size() == 2);
  CHECK(p.y == 7);
  clock_value last = 0;
  const auto small = all_pieces(s, e, plenty, 1);
  for (const auto& d : small) {
    CHECK(std::get<part>(d.what).x == last);
    last = std::get<part>(d.what).y;
  }
  CHECK(small.size() == 5);
  CHECK(last == 7);
}

TEST_CASE("dots told by number are packed: a half dead slice of 100k is a few parts") {
  limits lim;
  lim.max_removal_log = 0;
  store s{self, lim};
  for (int i = 0; i < 100'000; ++i) track(s, "k" + std::to_string(i));
  for (int i = 0; i < 100'000; i += 2) untrack(s, "k" + std::to_string(i));
  const auto pieces = all_pieces(s, s.begin_answer(self, 100'000), 4096, 256 * 1024);
  CHECK(pieces.size() <= 2);
  const auto tight = all_pieces(s, s.begin_answer(self, 100'000), 4096, 2048);
  CHECK(tight.size() <= 100'000 / (2048 * 4) + 2);
}

TEST_CASE("no piece names so many dots by number that the step of who cuts or merges it is long") {
  // One frame could name 262,144 of them.
  limits lim;
  lim.max_removal_log = 0;
  store s{self, lim};
  for (int i = 0; i < 10'000; ++i) track(s, "k" + std::to_string(i));
  const auto pieces = all_pieces(s, s.begin_answer(self, 10'000), 100, plenty);
  CHECK(pieces.empty()); // it has all
  untrack(s, "k0");
  const auto after_one = all_pieces(s, s.begin_answer(self, 10'000), 100, plenty);
  CHECK(after_one.size() == 7);
  for (const auto& d : after_one)
    CHECK(std::get<part>(d.what).known.count() <= 100 * numbers_per_birth);
}

TEST_CASE("an answer whose log is cut before its first piece becomes parts, later it ends") {
  limits lim;
  lim.max_removal_log = 2;
  store s{self, lim};
  for (auto k : {"a", "b", "c", "d", "e", "f"}) track(s, k);
  untrack(s, "a"); // 7
  const auto begun = s.begin_answer(self, 6);
  auto both = s.begin_answer(self, 5);
  REQUIRE(begun.by_log);
  CHECK(s.next_piece(both, {self, 1}, 1, plenty).has_value()); // (5, 6]
  auto untouched = begun;
  untrack(s, "b");
  untrack(s, "c"); // pushes 7 out
  CHECK(!s.next_piece(both, {self, 1}, 1, plenty));
  CHECK(!s.done(both));
  const auto d = s.next_piece(untouched, {self, 2}, plenty, plenty);
  REQUIRE(d);
  CHECK(!untouched.by_log);
  CHECK(std::get<part>(d->what).x == 0);
  CHECK(std::get<part>(d->what).y == 7); // where it was to end when it began
  CHECK(s.done(untouched));
}

TEST_CASE("pieces cut at different moments are sound and complete together") {
  for (const std::size_t log : {0u, 1000u}) {
    limits lim;
    lim.max_removal_log = log;
    store s{self, lim}, copy{peer, limits{}};
    copy.open(self);
    track(s, "z");
    untrack(s, "z");                                           // 2: with no log, parts from here on
    for (auto k : {"a", "b", "c", "d", "e", "f"}) track(s, k); // 3 ... 8
    changes out;
    auto e = s.begin_answer(self, 0);
    CHECK(e.by_log == (log > 0));
    copy.merge(s.next_piece(e, {self, 1}, 2, plenty).value(), out);
    CHECK(copy.find(self)->living.size() == 2);
    untrack(s, "a"); //  9: told already, alive there until the next delta
    untrack(s, "d"); // 10: not told yet, never born there
    track(s, "g");   // 11: past the end of this answer
    while (!s.done(e)) copy.merge(s.next_piece(e, {self, 1}, 2, plenty).value(), out);
    CHECK(copy.prefix(self) == 8);
    const auto& living = copy.find(self)->living;
    CHECK(living.size() == 5);
    CHECK(living.find(3) != 0);
    CHECK(living.find(6) == 0);
    CHECK(copy.knows(self, 6));
    auto rest = s.begin_answer(self, 8);
    while (!s.done(rest)) copy.merge(s.next_piece(rest, {self, 2}, 2, plenty).value(), out);
    CHECK(copy.prefix(self) == 11);
    CHECK(living.size() == 5);
    CHECK(living.find(3) == 0);
    CHECK(living.find(11) != 0);
  }
}

TEST_CASE("a relay whose copy is gone, or began anew and knows less, ends its answer") {
  store s{self, limits{}}, relay{peer, limits{}};
  for (auto k : {"a", "b", "c"}) track(s, k);
  const auto full = all_pieces(s, s.begin_answer(self, 0), plenty, plenty);
  changes out;
  relay.open(self);
  relay.merge(full[0], out);
  auto e = relay.begin_answer(self, 0);
  CHECK(relay.next_piece(e, {peer, 1}, 1, plenty).has_value());
  relay.drop(self);
  CHECK(!relay.next_piece(e, {peer, 1}, 1, plenty));
  replica_id whose;
  while (relay.sweep(10, whose, out)) {
  }
  REQUIRE(relay.open(self));
  CHECK(!relay.next_piece(e, {peer, 1}, 1, plenty)); // nothing known: nothing can be said
  relay.merge(full[0], out);
  CHECK(relay.next_piece(e, {peer, 1}, 1, plenty).has_value());
}

TEST_CASE("the log is cut only where it must be: an old life's answers do not go on") {
  store s{self, limits{}};
  track(s, "a");
  track(s, "b");
  auto e = s.begin_answer(self, 0);
  changes leaves, joins;
  s.rebirth({"self", {9, 9}}, leaves, joins);
  CHECK(!s.next_piece(e, {self, 1}, 1, plenty));
}
