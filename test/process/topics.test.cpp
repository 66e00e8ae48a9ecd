// What nodes say to all in a topic, and what they tell of a key.
#include "test/catch.hpp"
#include "test/process/harness.hpp"

#include <cstdio>
#include <map>
#include <string>
#include <unistd.h>

using namespace rollcall::test;
using namespace std::chrono_literals;

namespace {

std::int64_t number(const object& x, std::string_view member) {
  REQUIRE(x.contains(member));
  return x.at(member).to_number<std::int64_t>();
}

std::string story(node& n, const std::string& topic, const std::string& key) {
  const auto answer = n.ask(R"({"op":"why","topic":")" + topic + R"(","key":")" + key + "\"}");
  INFO(boost::json::value(answer));
  REQUIRE(answer.contains("story"));
  std::string result;
  for (const auto& x : answer.at("story").as_array()) {
    const auto& e = x.as_object();
    REQUIRE(text(e, "at").size() == 24);
    REQUIRE(e.contains("ref"));
    REQUIRE(e.contains("replica"));
    result += (result.empty() ? "" : ", ") + text(e, "what");
    if (!text(e, "reason").empty()) result += "(" + text(e, "reason") + ")";
  }
  return result;
}

} // namespace

TEST_CASE("a text goes to all in a topic, on every node, once") {
  node a({.name = "a"}), b({.name = "b", .seeds = {a.address()}}),
      c({.name = "c", .seeds = {a.address()}});
  a.track("ada", "hall", "ada");
  a.track("ada", "hall", "ada2");
  b.track("bob", "hall", "bob");
  b.track("eve", "hall", "eve");
  c.track("far", "elsewhere", "far");
  REQUIRE(eventually([&] { return a.count("hall") == 4; }));
  const auto sent = a.ask(R"({"op":"dispatch","topic":"hall","text":"hello \"all\""})");
  CHECK(number(sent, "nodes") == 2);
  CHECK(number(sent, "actors") == 3);
  std::map<std::string, int> heard;
  const auto take = [&](node& n) {
    for (const auto& e : n.events())
      if (text(e, "event") == "message") {
        CHECK(text(e, "topic") == "hall");
        CHECK(text(e, "text") == "hello \"all\"");
        ++heard[text(e, "as")];
      }
  };
  CHECK(eventually([&] {
    take(a);
    take(b);
    take(c);
    return heard.size() == 3;
  }));
  a.ask(R"({"op":"replicas"})");
  b.ask(R"({"op":"replicas"})");
  take(a);
  take(b);
  CHECK(heard == std::map<std::string, int>{{"ada", 1}, {"bob", 1}, {"eve", 1}});
  const auto nobody = a.ask(R"({"op":"dispatch","topic":"empty","text":"x"})");
  CHECK(number(nobody, "nodes") == 0);
  CHECK(number(nobody, "actors") == 0);
  CHECK(text(a.ask(R"({"op":"dispatch","topic":"","text":"x"})"), "error") == "bad_topic");
  CHECK(text(a.ask(R"({"op":"dispatch","topic":"hall"})"), "error") == "bad_command");
}

TEST_CASE("keys are counted, and a diff says which is the first and the last of its key") {
  node a({.name = "a"}), b({.name = "b", .seeds = {a.address()}});
  REQUIRE(eventually([&] { return b.replica("a") == "up"; }));
  b.ask(R"({"op":"subscribe","topic":"hall"})");
  a.track("one", "hall", "ada");
  a.track("two", "hall", "ada");
  a.ask(R"({"op":"untrack","as":"one"})");
  a.ask(R"({"op":"untrack","as":"two"})");
  a.track("three", "hall", "bob");
  a.track("four", "hall", "bob");
  REQUIRE(eventually([&] { return b.count("hall") == 2 && b.list("hall") == keys{"bob", "bob"}; }));
  CHECK(number(b.ask(R"({"op":"count","topic":"hall"})"), "keys") == 1);
  CHECK(number(b.ask(R"({"op":"count","topic":"empty"})"), "keys") == 0);
  // Whatever came in one frame: by key, joins that are the first are as many as
  // leaves that were the last, and those that are there.
  std::map<std::string, int> firsts, lasts;
  for (const auto& e : b.events()) {
    if (text(e, "event") != "diff") continue;
    for (const auto& x : e.at("joins").as_array())
      firsts[text(x.as_object(), "key")] += x.as_object().at("first").as_bool();
    for (const auto& x : e.at("leaves").as_array()) {
      lasts[text(x.as_object(), "key")] += x.as_object().at("last").as_bool();
      CHECK(text(x.as_object(), "reason") == "untracked");
    }
  }
  CHECK(firsts["ada"] == lasts["ada"]);
  CHECK(firsts["bob"] == 1);
}

TEST_CASE("why tells what became of a key, the node and the file that it wrote") {
  const auto file = "/tmp/rollcall-why-" + std::to_string(::getpid());
  std::remove(file.c_str());
  node a({.name = "a"}), b({.name = "b", .seeds = {a.address()}, .more = {"--journal", file}});
  a.track("ada", "hall", "ada");
  REQUIRE(eventually([&] { return b.count("hall") == 1; }));
  a.suspend();
  REQUIRE(eventually([&] { return b.count("hall") == 0; }));
  a.resume();
  REQUIRE(eventually([&] { return b.count("hall") == 1; }));
  a.ask(R"({"op":"untrack","as":"ada"})");
  REQUIRE(eventually([&] { return b.count("hall") == 0; }));
  CHECK(story(a, "hall", "ada") == "joined, left(untracked)");
  const auto told = story(b, "hall", "ada");
  CHECK(told.rfind("joined, hidden(node_down), shown", 0) == 0);
  CHECK(told.substr(told.size() - 15) == "left(untracked)");
  CHECK(story(b, "no such topic", "ada").empty());
  CHECK(text(b.ask(R"({"op":"why","topic":"","key":"x"})"), "error") == "bad_topic");
  REQUIRE(b.end_input() == 0);
  const auto words = run({"why", "--journal", file, "hall", "ada"});
  INFO(words.out << words.err);
  CHECK(words.code == 0);
  CHECK(words.out.find(" joined by a ") != std::string::npos);
  CHECK(words.out.find(" hidden: ") != std::string::npos);
  CHECK(words.out.find("(last frame ") != std::string::npos);
  CHECK(words.out.find(" shown again: a was heard again") != std::string::npos);
  CHECK(words.out.find("it was untracked") != std::string::npos);
  CHECK(words.err.empty());
  const auto unknown = run({"why", "--journal=" + file, "hall", "nobody"});
  CHECK(unknown.code == 0);
  CHECK(unknown.out.find("nothing is known of \"nobody\"") == 0);
  CHECK(run({"why", "--journal", file}).code == 2);
  CHECK(run({"why", "hall", "ada"}).code == 2);
  CHECK(run({"why", "--journal", "/no/such/file", "hall", "ada"}).code == 2);
  std::remove(file.c_str());
}
