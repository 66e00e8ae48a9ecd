// What may happen to one presence: track, update, untrack, and three ways to die.
#include "test/catch.hpp"
#include "test/process/harness.hpp"

#include <boost/json/array.hpp>

#include <csignal>

using namespace rollcall::test;
using namespace std::chrono_literals;

namespace {

struct pair_of_nodes {
  node a{{.name = "a"}};
  node b{{.name = "b", .seeds = {a.address()}}};
  bool both(const keys& expected) {
    return eventually([&] { return a.list("lobby") == expected && b.list("lobby") == expected; });
  }
};

} // namespace

TEST_CASE_METHOD(pair_of_nodes, "the death of a tracked actor takes all its presences") {
  a.track("ada", "lobby", "ada");
  a.track("ada", "lobby", "ada too");
  a.track("bob", "lobby", "bob");
  REQUIRE(both({"ada", "ada too", "bob"}));
  CHECK(a.ask(R"({"op":"kill","as":"ada"})").contains("ok"));
  CHECK(both({"bob"}));
  CHECK(text(a.ask(R"({"op":"kill","as":"ada"})"), "error") == "no_such_actor");
  a.track("ada", "lobby", "ada"); // another actor under the same name
  CHECK(both({"ada", "bob"}));
}

TEST_CASE_METHOD(pair_of_nodes, "untrack takes one presence or all of an actor") {
  a.track("ada", "lobby", "x");
  a.track("ada", "lobby", "y");
  a.track("ada", "lobby", "z");
  REQUIRE(both({"x", "y", "z"}));
  CHECK(a.ask(R"({"op":"untrack","as":"ada","topic":"lobby","key":"y"})").contains("ok"));
  CHECK(both({"x", "z"}));
  CHECK(a.ask(R"({"op":"untrack","as":"ada"})").contains("ok"));
  CHECK(both({}));
  CHECK(a.ask(R"({"op":"untrack","as":"ada"})").contains("ok")); // of nothing: ok too
  CHECK(a.ask(R"({"op":"untrack","as":"nobody"})").contains("ok"));
}

TEST_CASE_METHOD(pair_of_nodes, "an update is one diff, a leave and a join whose refs agree") {
  const auto first = a.track("ada", "lobby", "ada", R"({"status":"here"})");
  REQUIRE(both({"ada"}));
  b.ask(R"({"op":"subscribe","topic":"lobby"})");
  b.events();
  const auto answer =
      a.ask(R"({"op":"update","as":"ada","topic":"lobby","key":"ada","meta":{"status":"away"}})");
  CHECK(text(answer, "prev_ref") == first);
  CHECK(text(answer, "ref") != first);
  std::vector<object> diffs;
  REQUIRE(eventually([&] {
    for (auto& e : b.events())
      if (text(e, "event") == "diff") diffs.push_back(e);
    return !diffs.empty();
  }));
  REQUIRE(diffs.size() == 1);
  CHECK(text(diffs[0], "topic") == "lobby");
  REQUIRE(diffs[0].at("joins").as_array().size() == 1);
  REQUIRE(diffs[0].at("leaves").as_array().size() == 1);
  const auto& join = diffs[0].at("joins").as_array()[0].as_object();
  const auto& leave = diffs[0].at("leaves").as_array()[0].as_object();
  CHECK(text(join, "ref") == text(answer, "ref"));
  CHECK(text(join, "prev_ref") == first);
  CHECK(text(leave, "ref") == first);
  CHECK(text(join.at("meta").as_object(), "status") == "away");
  CHECK(text(leave.at("meta").as_object(), "status") == "here");
  CHECK(text(b.presences("lobby").front(), "prev_ref") == first);
  CHECK(text(a.ask(R"({"op":"update","as":"ada","topic":"lobby","key":"x","meta":{}})"), "error")
        == "nopresence");
  CHECK(text(a.ask(R"({"op":"update","as":"nobody","topic":"lobby","key":"x","meta":{}})"), "error")
        == "nopresence");
}

TEST_CASE_METHOD(pair_of_nodes, "the end of a process is its leave, however it ends") {
  auto killed = sleeper();
  rollcall::tool::child_process exits({"/bin/cat"});
  auto track = [&](pid_t pid, const std::string& key) {
    return a.ask(R"({"op":"track","topic":"lobby","key":")" + key + R"(","process":)"
                 + std::to_string(pid) + R"(,"meta":{"status":"on"}})");
  };
  CHECK(track(killed.pid(), "killed").contains("ref"));
  CHECK(track(exits.pid(), "exits").contains("ref"));
  CHECK(text(track(exits.pid(), "exits"), "error") == "already_tracked");
  REQUIRE(both({"exits", "killed"}));
  const auto updated = a.ask(R"({"op":"update","topic":"lobby","key":"exits","process":)"
                             + std::to_string(exits.pid()) + R"(,"meta":{"status":"off"}})");
  CHECK(updated.contains("prev_ref"));
  killed.send_signal(SIGKILL);
  CHECK(both({"exits"}));
  exits.close_input();
  CHECK(both({}));
  const auto pid = killed.pid();
  killed.end();
  const auto gone = track(pid, "again");
  CHECK(text(gone, "error") == "no_such_process");
  CHECK(text(gone, "message").find(std::to_string(pid)) != std::string::npos);
}

TEST_CASE_METHOD(pair_of_nodes, "a bye takes the presences away at once, and they are forgotten") {
  a.track("ada", "lobby", "ada");
  b.track("bob", "lobby", "bob");
  REQUIRE(both({"ada", "bob"}));
  CHECK(a.ask(R"({"op":"permdown"})").contains("ok"));
  CHECK(a.wait() == 0);
  CHECK(eventually([&] {
    return b.list("lobby") == keys{"bob"} && b.list("lobby", "dirty_list") == keys{"bob"};
  }));
  CHECK(b.replica("a").empty());
}

TEST_CASE("when the death of an actor has been answered, its presences are gone") {
  node a({.name = "a"});
  // In one write, so that nothing but the order of the answers is in between.
  std::string lines;
  for (int i = 0; i < 300; ++i) {
    const auto as = "x" + std::to_string(i);
    lines += R"({"op":"track","as":")" + as + R"(","topic":"t","key":"k"})" + "\n"
             + R"({"op":"kill","as":")" + as + R"("})" + "\n" + R"({"op":"count","topic":"t"})"
             + (i == 299 ? "" : "\n");
  }
  a.send(lines);
  int alive = 0;
  for (int i = 0; i < 300; ++i) {
    CHECK(a.next_answer().contains("ok"));
    CHECK(a.next_answer().contains("ok"));
    alive += a.next_answer().at("count").to_number<int>() == 0 ? 0 : 1;
  }
  CHECK(alive == 0);
}

TEST_CASE("a node with permdown-on-shutdown says bye when it is stopped in order") {
  node a({.name = "a", .more = {"--permdown-on-shutdown"}});
  node b({.name = "b", .seeds = {a.address()}, .periods = {}}); // its down period is 30 s
  a.track("ada", "lobby", "ada");
  REQUIRE(eventually([&] { return b.list("lobby") == keys{"ada"}; }));
  a.process().send_signal(SIGTERM);
  CHECK(a.wait() == 0);
  CHECK(eventually([&] { return b.list("lobby", "dirty_list").empty(); }, 20s));
}
