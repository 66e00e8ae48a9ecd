#include "test/actors/fixture.hpp"

#include <atomic>
#include <bit>
#include <cstdint>
#include <numeric>

using namespace fixture;

namespace {

rollcall::tracker_options small_pieces() {
  rollcall::tracker_options options;
  options.name = "lobby";
  options.limits.batch = 8;
  return options;
}

std::vector<std::string> keys_to(int n) {
  std::vector<std::string> result;
  for (int i = 0; i < n; ++i) result.push_back("k" + std::to_string(10'000 + i));
  return result;
}

} // namespace

TEST_CASE("a list that is asked for by message is copied in pieces, of one moment") {
  test_system system;
  auto t = system.started(small_pieces());
  auto ada = system.idle();
  REQUIRE(t.track_many(ada, "room", keys_to(5000))); // more than one message, too
  CHECK(t.count("room") == 5000);
  std::atomic<bool> end{false};
  std::thread busy{[&] { // one comes before the other goes: 5000 or 5001, at any moment
    while (!end) {
      (void)t.track(ada, "room", "z");
      (void)t.untrack(ada, "room", "z");
    }
  }};
  for (int i = 0; i < 5; ++i) {
    const auto all = ask<rollcall::presences_reply>(system.get(), t.shard_for("room"),
                                                    rollcall::list_msg{"room"});
    REQUIRE(all);
    const auto n = all->presences.size();
    CHECK((n == 5000 || n == 5001));
    CHECK(std::is_sorted(all->presences.begin(), all->presences.end(),
                         [](const auto& a, const auto& b) { return a.key < b.key; }));
  }
  end = true;
  busy.join();
}

TEST_CASE("who asks for a long list when the tracker ends gets an answer") {
  test_system system;
  auto t = system.started(small_pieces());
  auto ada = system.idle();
  REQUIRE(t.track_many(ada, "room", keys_to(5000)));
  caf::scoped_actor self{system.get()};
  auto answers = 0;
  auto request =
      rollcall::compat::request(self, t.shard_for("room"), patience, rollcall::list_msg{"room"});
  REQUIRE(t.stop());
  std::move(request).receive(
      [&](rollcall::presences_reply& x) { answers += x.presences.size() == 5000; },
      [&](caf::error& e) { answers += code_of(e) != errc::none; });
  CHECK(answers == 1);
}

TEST_CASE("actors that end at once leave whole, each once, before what comes after") {
  std::atomic<int> joins{0}, leaves{0};
  test_system system;
  auto t = system.started(small_pieces(),
                          scripted_handler({.diff = [&](const auto&, const rollcall::diff& d) {
                            for (const auto& x : d) {
                              joins += static_cast<int>(x.joins.size());
                              leaves += static_cast<int>(x.leaves.size());
                            }
                          }}));
  std::vector<caf::actor> all;
  for (int i = 0; i < 1000; ++i) {
    all.push_back(system.idle());
    for (int k = 0; k < 3; ++k)
      REQUIRE(t.track(all.back(), "room", std::to_string(i) + "/" + std::to_string(k)));
  }
  auto stays = system.idle();
  REQUIRE(t.track(stays, "room", "stays"));
  for (auto& x : all) caf::anon_send_exit(x, caf::exit_reason::kill);
  CHECK(eventually([&] { return t.count("room") == 1; }));
  CHECK(eventually([&] { return t.stats()->monitored == 1; }));
  CHECK(joins == 3001);
  CHECK(leaves == 3000);
  CHECK(keys(t.list("room")) == "stays");
}

TEST_CASE("the shard counts how long each message kept it busy") {
  test_system system;
  auto t = system.started(small_pieces());
  auto ada = system.idle();
  for (int i = 0; i < 100; ++i) REQUIRE(t.track(ada, "room", std::to_string(i)));
  const auto x = t.stats();
  REQUIRE(x);
  CHECK(std::accumulate(x->busy.begin(), x->busy.end(), std::uint64_t{0}) >= 100);
  CHECK(x->busy[std::min<std::size_t>(static_cast<std::size_t>(std::bit_width(x->longest_busy_us)),
                                      x->busy.size() - 1)]
        > 0);
}

TEST_CASE("a handler's diffs are whole and its own, whatever the one before was like") {
  notes told;
  test_system system;
  auto t = system.started(small_pieces(),
                          scripted_handler({.diff = [&](const auto&, const rollcall::diff& d) {
                            std::string line;
                            for (const auto& topic : d) line += topic.topic + ":";
                            told.add(line + brief(d));
                            for (const auto& topic : d)
                              for (const auto& x : topic.joins)
                                if (x.prev_ref) told.add(x.meta.to_json());
                          }}));
  auto ada = system.idle();
  REQUIRE(t.track(ada, "a", "x", {{"n", 1}}));
  REQUIRE(t.track(ada, "a long name for a topic", "a long name for a key", {{"n", 2}}));
  REQUIRE(t.update(ada, "a", "x", {{"n", 3}}));
  REQUIRE(t.untrack(ada, "a", "x"));
  REQUIRE(t.track(ada, "b", "y"));
  REQUIRE(t.untrack(ada));
  CHECK(told.get()
        == std::vector<std::string>{"a:+x", "a long name for a topic:+a long name for a key",
                                    "a:-x +x", R"({"n":3})", "a:-x", "b:+y",
                                    "a long name for a topic:b:-a long name for a key -y"});
}
