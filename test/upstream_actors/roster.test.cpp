// The scenarios of upstream's Phoenix.Presence.
#include "test/actors/fixture.hpp"

#include <atomic>
#include <condition_variable>
#include <stdexcept>

using namespace fixture;
using rollcall::roster;
using rollcall::roster_diff;
using rollcall::roster_entries;
using rollcall::roster_metas;

namespace {

/// Adds {"extra": "extra"}, as upstream's MyPresence, and writes down its calls.
struct enriching : rollcall::roster_handler {
  roster_entries fetch(const std::string&, roster_entries all) override {
    ++fetched;
    for (auto& [key, entry] : all) entry.extra = {{"extra", "extra"}};
    return all;
  }
  std::atomic<int> fetched = 0;
};

struct metas_seen : rollcall::roster_handler {
  void handle_metas(const std::string& topic, const roster_diff& changes,
                    const roster_metas& now) override {
    std::lock_guard guard(mutex);
    last_topic = topic;
    last = changes;
    present = now;
    ++calls;
  }
  /// Once `calls` diffs have come.
  roster_metas after(int n) {
    REQUIRE(eventually([&] {
      std::lock_guard guard(mutex);
      return calls >= n;
    }));
    std::lock_guard guard(mutex);
    CHECK(calls == n);
    return present;
  }
  std::mutex mutex;
  std::string last_topic;
  roster_diff last;
  roster_metas present;
  int calls = 0;
};

struct fixture_of_roster {
  test_system system;
  rollcall::tracker t = system.started({.name = "presence"});
  std::mutex mutex;
  std::vector<roster_diff> heard;

  roster start(std::shared_ptr<rollcall::roster_handler> handler = nullptr) {
    auto r = roster::start(t, std::move(handler));
    REQUIRE(r);
    return *r;
  }
  void listen(const roster& r, const std::string& topic) {
    r.subscribe(topic, [this](const roster_diff& d) {
      std::lock_guard guard(mutex);
      heard.push_back(d);
    });
  }
  roster_diff nth(std::size_t i) {
    REQUIRE(eventually([&] {
      std::lock_guard guard(mutex);
      return heard.size() > i;
    }));
    std::lock_guard guard(mutex);
    return heard[i];
  }
};

std::vector<std::string> names(const std::vector<rollcall::roster_meta>& metas) {
  std::vector<std::string> out;
  for (const auto& x : metas) out.emplace_back(x.meta.view()["name"].as_string().value_or("?"));
  return out;
}

using strings = std::vector<std::string>;

} // namespace

TEST_CASE_METHOD(fixture_of_roster, "roster: starts of a tracker, and of none it has nobody",
                 "[roster]") {
  CHECK(roster{}.list("t").empty());
  CHECK_FALSE(roster{}.get_by_key("t", "k"));
  CHECK(start().tracker().name() == "presence");
  CHECK_FALSE(roster::start({}));
}

TEST_CASE_METHOD(fixture_of_roster, "roster: without a handler entries are as they are",
                 "[roster]") {
  auto r = start();
  const auto ref = t.track(system.idle(), "t", "u1", {{"name", "u1"}});
  const auto all = r.list("t");
  REQUIRE(all.size() == 1);
  CHECK(all.at("u1").metas.at(0).ref == *ref);
  CHECK(all.at("u1").extra == meta{});
}

TEST_CASE_METHOD(fixture_of_roster, "roster: a list is grouped by key and fetched", "[roster]") {
  auto handler = std::make_shared<enriching>();
  auto r = start(handler);
  CHECK(r.list("t").empty());
  CHECK(handler->fetched == 0);
  REQUIRE(t.track(system.idle(), "t", "1", {{"name", "u1"}}));
  REQUIRE(t.track(system.idle(), "t", "1", {{"name", "u1.2"}}));
  REQUIRE(t.track(system.idle(), "t", "2", {{"name", "u2"}}));
  const auto all = r.list("t");
  REQUIRE(all.size() == 2);
  CHECK(names(all.at("1").metas) == strings{"u1", "u1.2"});
  CHECK(all.at("2").extra == meta{{"extra", "extra"}});
}

TEST_CASE_METHOD(fixture_of_roster, "roster: all metas of a key, fetched", "[roster]") {
  auto r = start(std::make_shared<enriching>());
  CHECK_FALSE(r.get_by_key("t", "1"));
  REQUIRE(t.track(system.idle(), "t", "1", {{"name", "u1"}}));
  REQUIRE(t.track(system.idle(), "t", "1", {{"name", "u1.2"}}));
  REQUIRE(t.track(system.idle(), "t", "2", {{"name", "u1.2"}}));
  const auto one = r.get_by_key("t", "1");
  REQUIRE(one);
  CHECK(names(one->metas) == strings{"u1", "u1.2"});
  CHECK(one->extra == meta{{"extra", "extra"}});
  CHECK_FALSE(r.get_by_key("t", "another_key"));
  CHECK_FALSE(r.get_by_key("another_topic", "2"));
}

TEST_CASE_METHOD(fixture_of_roster, "roster: subscribers hear of joins and leaves", "[roster]") {
  auto r = start();
  listen(r, "t");
  auto u = system.idle();
  const auto ref = t.track(u, "t", "u1", {{"name", "u1"}});
  REQUIRE(ref);
  REQUIRE(t.track(system.idle(), "other", "u1"));
  const auto came = nth(0);
  CHECK(came.topic == "t");
  CHECK(came.leaves.empty());
  CHECK(came.joins.at("u1").metas.at(0).ref == *ref);
  CHECK(r.list("t").at("u1").metas.at(0).ref == *ref);
  system.kill(u);
  const auto went = nth(1);
  CHECK(went.joins.empty());
  CHECK(went.leaves.at("u1").metas.at(0).ref == *ref);
  CHECK(r.list("t").empty());
}

TEST_CASE_METHOD(fixture_of_roster, "roster: subscribers hear of what fetch has made", "[roster]") {
  auto r = start(std::make_shared<enriching>());
  listen(r, "t");
  auto u = system.idle();
  REQUIRE(t.track(u, "t", "u1", {{"name", "u1"}}));
  CHECK(nth(0).joins.at("u1").extra == meta{{"extra", "extra"}});
  system.kill(u);
  CHECK(nth(1).leaves.at("u1").extra == meta{{"extra", "extra"}});
}

TEST_CASE_METHOD(fixture_of_roster, "roster: an untrack is a leave of that key", "[roster]") {
  auto r = start();
  auto u = system.idle();
  REQUIRE(t.track(u, "t", "u1"));
  REQUIRE(t.track(u, "t", "u2"));
  CHECK(r.list("t").size() == 2);
  listen(r, "t");
  CHECK(t.untrack(u, "t", "u1"));
  REQUIRE(eventually([&] {
    std::lock_guard guard(mutex);
    return !heard.empty() && heard.back().leaves.count("u1") == 1;
  }));
  CHECK(r.list("t").size() == 1);
  CHECK(r.list("t").count("u2") == 1);
  CHECK(t.untrack(u, "t", "nobody"));
}

TEST_CASE_METHOD(fixture_of_roster, "roster: an update is a join and a leave in one diff",
                 "[roster]") {
  auto r = start();
  auto u = system.idle();
  listen(r, "t");
  const auto first = t.track(u, "t", "u1", {{"name", "u1"}});
  REQUIRE(first);
  const auto updated = t.update(u, "t", "u1", meta{{"name", "updated"}});
  REQUIRE(updated);
  const auto d = nth(1);
  CHECK(names(d.joins.at("u1").metas) == strings{"updated"});
  CHECK(names(d.leaves.at("u1").metas) == strings{"u1"});
  CHECK(d.joins.at("u1").metas[0].prev_ref == *first);
  CHECK(names(r.list("t").at("u1").metas) == strings{"updated"});
  const auto nothing = t.update(u, "t", "nobody", meta{});
  REQUIRE_FALSE(nothing);
  CHECK(code_of(nothing.error()) == errc::nopresence);
}

TEST_CASE_METHOD(fixture_of_roster, "roster: fetch runs once for each diff, off the shard",
                 "[roster]") {
  struct slow : rollcall::roster_handler {
    roster_entries fetch(const std::string&, roster_entries all) override {
      std::unique_lock lock(mutex);
      ++fetched;
      go_on.wait(lock, [&] { return open; });
      for (auto& [key, entry] : all) entry.extra = {{"n", fetched}};
      return all;
    }
    std::mutex mutex;
    std::condition_variable go_on;
    bool open = false;
    int fetched = 0;
  };
  auto handler = std::make_shared<slow>();
  auto r = start(handler);
  listen(r, "t");
  auto u = system.idle();
  // the shard answers while the first fetch waits
  REQUIRE(t.track_many(u, "t", {"a", "b", "c"}));
  REQUIRE(t.track(u, "t", "d"));
  REQUIRE(t.count("t") == 4);
  {
    std::lock_guard guard(handler->mutex);
    handler->open = true;
  }
  handler->go_on.notify_all();
  REQUIRE(eventually([&] {
    std::lock_guard guard(mutex);
    return !heard.empty() && heard.back().joins.count("d") == 1;
  }));
  std::lock_guard guard(mutex);
  CHECK(handler->fetched == static_cast<int>(heard.size()));
  CHECK(heard.back().joins.at("d").extra == meta{{"n", handler->fetched}}); // in order
}

TEST_CASE_METHOD(fixture_of_roster, "roster: a fetch that throws adds nothing and loses nothing",
                 "[roster]") {
  struct throwing : rollcall::roster_handler {
    roster_entries fetch(const std::string&, roster_entries) override {
      throw std::runtime_error("no database");
    }
  };
  auto r = start(std::make_shared<throwing>());
  listen(r, "t");
  REQUIRE(t.track(system.idle(), "t", "a"));
  CHECK(nth(0).joins.count("a") == 1);
  CHECK(r.list("t").count("a") == 1);
}

TEST_CASE_METHOD(fixture_of_roster, "roster: an init that throws ends the start", "[roster]") {
  struct failing : rollcall::roster_handler {
    void init() override { throw std::runtime_error("not today"); }
  };
  const auto r = roster::start(t, std::make_shared<failing>());
  REQUIRE_FALSE(r);
  CHECK(code_of(r.error()) == errc::init_failed);
}

TEST_CASE_METHOD(fixture_of_roster, "roster: handle_metas sees all that is present", "[roster]") {
  auto handler = std::make_shared<metas_seen>();
  auto r = start(handler);
  auto u3 = system.idle();
  REQUIRE(t.track(system.idle(), "t", "u1", {{"name", "u1"}}));
  CHECK(names(handler->after(1).at("u1")) == strings{"u1"});
  REQUIRE(t.track(system.idle(), "t", "u2", {{"name", "u2"}}));
  handler->after(2);
  REQUIRE(t.track(u3, "t", "u3", {{"name", "u3"}}));
  const auto three = handler->after(3);
  CHECK(three.size() == 3);
  CHECK(handler->last.joins.size() == 1);
  REQUIRE(t.untrack(u3, "t", "u3"));
  const auto two = handler->after(4);
  CHECK(two.size() == 2);
  CHECK(two.count("u3") == 0);
  CHECK(names(handler->last.leaves.at("u3").metas) == strings{"u3"});
}

TEST_CASE_METHOD(fixture_of_roster, "roster: handle_metas sees all metas of a key", "[roster]") {
  auto handler = std::make_shared<metas_seen>();
  auto r = start(handler);
  auto me = system.idle();
  REQUIRE(t.track(system.idle(), "t", "u1", {{"name", "u1.1"}}));
  handler->after(1);
  REQUIRE(t.track(system.idle(), "t", "u1", {{"name", "u1.2"}}));
  handler->after(2);
  REQUIRE(t.track(me, "t", "u1", {{"name", "u1.3"}}));
  CHECK(names(handler->after(3).at("u1")) == strings{"u1.1", "u1.2", "u1.3"});
  REQUIRE(t.untrack(me, "t", "u1"));
  CHECK(names(handler->after(4).at("u1")) == strings{"u1.1", "u1.2"});
}

TEST_CASE_METHOD(fixture_of_roster, "roster: handle_metas sees an empty topic at the end",
                 "[roster]") {
  auto handler = std::make_shared<metas_seen>();
  auto r = start(handler);
  auto u = system.idle();
  REQUIRE(t.track(u, "t", "u1"));
  handler->after(1);
  REQUIRE(t.track(u, "t", "u2"));
  handler->after(2);
  REQUIRE(t.untrack(u, "t", "u1"));
  handler->after(3);
  REQUIRE(t.untrack(u, "t", "u2"));
  CHECK(handler->after(4).empty());
}

TEST_CASE_METHOD(fixture_of_roster, "roster: what was there before it started is its first diff",
                 "[roster]") {
  REQUIRE(t.track(system.idle(), "t", "early", {{"name", "early"}}));
  auto handler = std::make_shared<metas_seen>();
  auto r = start(handler);
  CHECK(names(handler->after(1).at("early")) == strings{"early"});
}
