// The state and the diffs after it are the list, at every driver.
#include "test/catch.hpp"
#include "test/process/harness.hpp"

#include <boost/json/array.hpp>

#include <map>
#include <set>

using namespace rollcall::test;

namespace {

/// (topic, key, pid) -> ref, folded from what a node tells.
class folded {
public:
  void state(const object& presences) {
    for (const auto& topic : presences) {
      const std::string name(topic.key());
      erase_topic(name);
      for (const auto& p : topic.value().as_array()) add(name, p.as_object());
    }
  }
  void take(const std::vector<object>& events) {
    for (const auto& e : events) {
      if (text(e, "event") != "diff") continue;
      const auto topic = text(e, "topic");
      for (const auto& p : e.at("leaves").as_array()) {
        const auto gone = here_.erase(id(topic, p.as_object()));
        CHECK(gone == 1); // no leave of what is absent
      }
      for (const auto& p : e.at("joins").as_array()) {
        CHECK(here_.count(id(topic, p.as_object())) == 0); // no join of what is present
        add(topic, p.as_object());
      }
    }
  }
  std::multiset<std::string> refs() const {
    std::multiset<std::string> result;
    for (const auto& [who, ref] : here_) result.insert(ref);
    return result;
  }

private:
  using identity = std::tuple<std::string, std::string, std::string>;
  static identity id(const std::string& topic, const object& p) {
    return {topic, text(p, "key"), text(p, "pid")};
  }
  void add(const std::string& topic, const object& p) { here_[id(topic, p)] = text(p, "ref"); }
  void erase_topic(const std::string& topic) {
    std::erase_if(here_, [&](const auto& x) { return std::get<0>(x.first) == topic; });
  }

  std::map<identity, std::string> here_;
};

std::multiset<std::string> listed(node& n, const keys& topics) {
  std::multiset<std::string> result;
  for (const auto& topic : topics)
    for (const auto& p : n.presences(topic)) result.insert(text(p, "ref"));
  return result;
}

} // namespace

TEST_CASE("subscribed state and diffs fold to the list, for a topic, a prefix and all") {
  const auto pool = GENERATE(std::string("1"), std::string("3"));
  node a({.name = "a", .more = {"--pool-size", pool}});
  node b({.name = "b", .seeds = {a.address()}, .more = {"--pool-size", pool}});
  const keys all{"room:1", "room:2", "hall"};
  for (const auto& topic : all) a.track("early", topic, "early");
  REQUIRE(eventually([&] { return listed(b, all).size() == 3; }));

  struct subscription {
    std::string members;
    keys topics;
  };
  const auto what = GENERATE_COPY(values<subscription>({
      {R"("topic":"room:1")", {"room:1"}},
      {R"("prefix":"room:")", {"room:1", "room:2"}},
      {R"("prefix":"")", all},
  }));
  const auto& members = what.members;
  const auto& topics = what.topics;
  const auto answer = b.ask(members == R"("prefix":"")" ? R"({"op":"subscribe"})"
                                                        : R"({"op":"subscribe",)" + members + "}");
  REQUIRE(answer.contains("presences"));
  folded seen;
  seen.state(answer.at("presences").as_object());
  CHECK(seen.refs() == listed(b, topics));
  for (const auto& topic : all) {
    for (int i = 0; i < 5; ++i) a.track("ada", topic, "k" + std::to_string(i));
    a.ask(R"({"op":"update","as":"ada","topic":")" + topic + R"(","key":"k1","meta":{"x":1}})");
    a.ask(R"({"op":"untrack","as":"ada","topic":")" + topic + R"(","key":"k2"})");
    b.track("bob", topic, "k3");
  }
  a.ask(R"({"op":"kill","as":"early"})");
  CHECK(eventually([&] {
    seen.take(b.events());
    return listed(b, all).size() == 3 * 5 && seen.refs() == listed(b, topics);
  }));
  a.kill();
  CHECK(eventually([&] {
    seen.take(b.events());
    return listed(b, all).size() == 3 && seen.refs() == listed(b, topics);
  }));
}

TEST_CASE("after unsubscribe no diff comes") {
  node a({.name = "a"});
  a.ask(R"({"op":"subscribe","topic":"lobby"})");
  a.track("ada", "lobby", "ada");
  CHECK(a.ask(R"({"op":"unsubscribe","topic":"lobby"})").contains("ok"));
  a.events();
  a.track("bob", "lobby", "bob");
  a.ask(R"({"op":"replicas"})");
  for (const auto& e : a.events()) CHECK(text(e, "event") != "diff");
  CHECK(a.ask(R"({"op":"unsubscribe"})").contains("ok")); // of nothing: ok too
}

TEST_CASE("subscribing twice gives the state anew and each diff once") {
  node a({.name = "a"});
  a.track("ada", "lobby", "ada");
  a.ask(R"({"op":"subscribe","topic":"lobby"})");
  const auto again = a.ask(R"({"op":"subscribe","topic":"lobby"})");
  folded seen;
  seen.state(again.at("presences").as_object());
  a.events();
  a.track("bob", "lobby", "bob");
  CHECK(eventually([&] {
    seen.take(a.events());
    return seen.refs() == listed(a, {"lobby"});
  }));
}

TEST_CASE("a driver that does not read does not stop the node, and has everything in the end") {
  node a({.name = "a"}), b({.name = "b", .seeds = {a.address()}});
  REQUIRE(eventually([&] { return b.replica("a") == "up"; }));
  const auto answer = b.ask(R"({"op":"subscribe","topic":"hall"})");
  folded seen;
  seen.state(answer.at("presences").as_object());
  // 50 MB of diffs: more than pipes and buffers hold.
  const std::string wide(1500, 'x');
  for (int i = 0; i < 3; ++i) {
    a.ask(R"({"op":"track_many","as":"crowd","topic":"hall","keys":[0,5000],"meta":{"s":")" + wide
          + R"("}})");
    // The crowd before may still be leaving, in pieces.
    REQUIRE(eventually([&] { return a.count("hall") == 5000; }));
    a.ask(R"({"op":"kill","as":"crowd"})");
  }
  a.track("last", "hall", "last");
  CHECK(eventually([&] {
    seen.take(b.events());
    return seen.refs() == listed(b, {"hall"}) && seen.refs().size() == 1;
  }));
}
