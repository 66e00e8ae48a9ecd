// The scenarios of upstream's delta generations. There several generations of
// deltas of growing size are kept, and an answer is the first that will do; here
// the owner cuts the one that fits, out of its slice and its removal log.
#include "cluster/gossip/answers.hpp"
#include "test/upstream/stores.hpp"

using namespace upstream;

namespace {

using dots = std::vector<dot>;

/// What one frame of an answer to these clocks speaks of: slice, adds.
std::vector<std::pair<std::string, std::size_t>> answer_to(const replica& from,
                                                           const cluster::clock_list& has) {
  cluster::answer a{{from.id(), 1}, from.state, has, "asker"};
  cluster::frame f;
  REQUIRE(a.cut(0, from.state, limits{}, f, cluster::instant{0}));
  std::vector<std::pair<std::string, std::size_t>> all;
  for (auto& d : f.deltas)
    all.emplace_back(d.slice.name, std::visit([](auto& x) { return x.adds.size(); }, d.what));
  return all;
}

} // namespace

TEST_CASE("deltas: for every clock exactly what happened after it") {
  replica s1{"s1"}, s2{"s2"}, copy{"copy"};
  copy.up(s1);
  for (int i = 1; i <= 4; ++i) {
    s1.join(static_cast<std::uint64_t>(i), "lobby", "user" + std::to_string(i));
    for (clock_value a = 0; a < static_cast<clock_value>(i); ++a) {
      const auto r = s1.since(a);
      CHECK(r.a == a);
      CHECK(r.b == static_cast<clock_value>(i));
      names want;
      for (auto k = a + 1; k <= r.b; ++k) want.push_back("user" + std::to_string(k));
      CHECK(keys_of(r) == want);
      CHECK(r.dead.empty());
    }
  }
  // Twice the same is once.
  CHECK(copy.merge(s1).joins == names{"user1", "user2", "user3", "user4"});
  CHECK(copy.merge({s1.id(), s1.since(2)}) == seen{});
  CHECK(copy.clock_of(s1) == 4);

  // Deltas of another replica, and its leaves.
  copy.up(s2);
  s2.join(5, "lobby", "user5");
  CHECK(keys_of(s2.since(0)) == names{"user5"});
  copy.merge(s2);
  s2.leave_all(5);
  CHECK(keys_of(s2.since(0)).empty()); // came and went: nothing to tell but the clock
  CHECK(s2.since(0).dead.empty());
  CHECK(s2.since(0).b == 2);
  CHECK(s2.since(1).dead == dots{1});
  CHECK(copy.merge(s2).leaves == names{"user5"});
  CHECK(copy.online("lobby") == names{"user1", "user2", "user3", "user4"});
}

TEST_CASE("deltas: none is passed on with a hole in it") {
  replica s3{"s3"}, relay{"relay"}, late{"late"};
  relay.up(s3);
  late.up(s3);
  s3.join(1, "lobby", "first");
  relay.merge(s3);
  s3.join(2, "lobby", "lost");
  s3.join(3, "lobby", "third");
  relay.merge({s3.id(), s3.since(2)}); // (2, 3]: (1, 2] never came
  CHECK(relay.online("lobby") == names{"first", "third"});
  CHECK(relay.clock_of(s3) == 1);
  // The relay passes on what it has without a hole, and says no more.
  CHECK(late.merge(relay).joins == names{"first"});
  CHECK(late.clock_of(s3) == 1);
  // Each answer begins at the clock it is for.
  CHECK(s3.since(1).a == 1);
  CHECK(late.merge(s3).joins == names{"lost", "third"});
  CHECK(relay.merge(s3).joins == names{"lost"});
  CHECK(relay.clock_of(s3) == 3);
}

TEST_CASE("deltas: nothing of a downed replica that was removed is told to others") {
  replica s1{"s1"}, s2{"s2"}, s3{"s3"};
  s1.up(s2);
  s3.up(s1);
  s3.up(s2);
  s2.join(1, "lobby", "user2");
  s1.merge(s2);
  CHECK(s1.permdown(s2).leaves == names{"user2"});
  CHECK(s3.merge(s1) == seen{});
  CHECK(s3.online("lobby").empty());
  CHECK(s3.clock_of(s2) == 0);
  CHECK(answer_to(s1, {{s2.id(), 0}, {s1.id(), 0}}).empty());
}

TEST_CASE("deltas: the whole state is told when the log is cut") {
  limits lim;
  lim.max_removal_log = 0;
  replica s1{"s1", lim}, s2{"s2"};
  s2.up(s1);
  for (int i = 1; i <= 3; ++i) s1.join(1, "lobby", "user" + std::to_string(i));
  s2.merge(s1);
  s1.leave(1, "lobby", "user2"); // 4; the log has forgotten it at once
  s1.join(1, "lobby", "user4");  // 5
  const auto all = s1.deltas(s1.id(), 3);
  REQUIRE(all.size() == 1);
  REQUIRE(std::holds_alternative<part>(all[0].what));
  const auto& p = std::get<part>(all[0].what);
  CHECK(p.x == 0);
  CHECK(p.y == 5);
  CHECK(p.known.count() == 2); // 1 and 3 live: by number only, since they are known
  REQUIRE(p.adds.size() == 1);
  CHECK(p.adds[0].key == "user4");
  CHECK(s2.merge(s1) == seen{{"user4"}, {"user2"}});
  CHECK(s2.clock_of(s1) == 5);
}

TEST_CASE("deltas: who has some of it gets what follows, and not all") {
  replica s1{"s1"};
  s1.join(1, "lobby", "user1");
  s1.join(1, "lobby", "user2");
  s1.join(1, "lobby", "user3");
  CHECK(keys_of(s1.since(1)) == names{"user2", "user3"});
  CHECK(keys_of(s1.since(2)) == names{"user3"});
}

TEST_CASE("deltas: nothing is told when nothing is missing") {
  replica s1{"s1"}, s2{"s2"};
  s1.up(s2);
  s1.join(1, "lobby", "user1");
  s2.join(1, "lobby", "user2");
  s1.merge(s2);
  CHECK(s1.deltas(s1.id(), 1).empty());
  CHECK(s1.deltas(s2.id(), 1).empty());
  // Of two slices only the one is told of which something is missing.
  using told = std::vector<std::pair<std::string, std::size_t>>;
  CHECK(answer_to(s1, {{s1.id(), 1}, {s2.id(), 0}}) == told{{"s2", 1}});
  CHECK(answer_to(s1, {{s1.id(), 1}, {s2.id(), 1}}).empty());
  CHECK(answer_to(s1, {{s1.id(), 9}, {s2.id(), 9}}).empty()); // they know more than we do
}

TEST_CASE("deltas: replicas that the asker does not know have no part in its answer") {
  replica s1{"s1"}, s2{"s2"};
  s1.up(s2);
  s1.join(1, "lobby", "user1");
  s1.join(1, "lobby", "user3");
  s2.join(1, "lobby", "user2");
  s1.merge(s2);
  using told = std::vector<std::pair<std::string, std::size_t>>;
  CHECK(answer_to(s1, {{s1.id(), 1}}) == told{{"s1", 1}});
}
