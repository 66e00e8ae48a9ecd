// The end of nodes: in order, from outside, with their scope, and forgotten.
#include "actors/access.hpp"
#include "actors/node_state.hpp"
#include "test/actors/fixture.hpp"

#include <atomic>
#include <future>

using namespace fixture;
using rollcall::cluster_event;
using rollcall::cluster_event_kind;
using rollcall::cluster_node;

namespace {

/// An actor system without the fixture's care.
struct bare_system {
  rollcall::config cfg;
  caf::actor_system system{cfg};
};

cluster_node started_node(caf::actor_system& system, rollcall::cluster_options options) {
  auto x = rollcall::start_cluster(system, std::move(options));
  if (!x) FAIL(rollcall::render(x.error()));
  return *x;
}

bool linked(const cluster_node& node, const std::string& to) {
  const auto peers = node.peers();
  return peers && std::any_of(peers->begin(), peers->end(), [&](const auto& x) {
           return x.name == to && x.state == rollcall::peer_state::up;
         });
}

caf::actor endpoint_of(const cluster_node& node) {
  const std::lock_guard guard{rollcall::actors::access::state_of(node)->mutex};
  return rollcall::actors::access::state_of(node)->endpoint;
}

/// Notices go here as long as it lives.
struct notice_notes : notes {
  notice_notes() {
    rollcall::send_notices_to([this](const rollcall::notice& x) {
      add(x.what + " " + x.node + "/" + x.tracker);
      texts.add(x.text);
    });
  }
  ~notice_notes() { rollcall::send_notices_to(nullptr); }
  notes texts;
};

} // namespace

TEST_CASE("when a node's stop has returned, no observer of it runs or begins") {
  std::atomic<int> begun{0}, running{0};
  std::atomic<bool> closed{false}, late{false};
  bare_system one, two;
  auto a = started_node(one.system, {.node_name = "a"});
  auto s = a.observe([&](const cluster_event&) {
    ++running;
    ++begun;
    if (closed) late = true;
    std::this_thread::sleep_for(20ms);
    if (closed) late = true;
    --running;
  });
  REQUIRE(s);
  auto b = started_node(two.system, {.node_name = "b", .seeds = {a.listen()}});
  REQUIRE(eventually([&] { return begun > 0; }));
  REQUIRE(a.stop());
  closed = true;
  CHECK(running == 0);
  CHECK(a.stop()); // again: ok
  REQUIRE(b.stop());
  std::this_thread::sleep_for(50ms);
  CHECK_FALSE(late);
}

TEST_CASE("an observer of a node can be cancelled, also by itself, and lives without its value") {
  std::atomic<int> heard{0}, kept{0};
  bare_system one, two;
  auto a = started_node(one.system, {.node_name = "a"});
  std::promise<rollcall::subscription> mine;
  auto known = mine.get_future().share();
  auto s = a.observe([&, known](const cluster_event&) {
    ++heard;
    auto x = known.get();
    x.cancel();
  });
  REQUIRE(s);
  mine.set_value(*s);
  REQUIRE(a.observe([&](const cluster_event&) { ++kept; })); // the value is dropped
  auto b = started_node(two.system, {.node_name = "b", .seeds = {a.listen()}});
  REQUIRE(eventually([&] { return kept >= 1; }));
  REQUIRE(b.stop());
  REQUIRE(eventually([&] { return kept >= 2; }));
  CHECK(heard == 1);
  REQUIRE(a.stop());
}

TEST_CASE("the first observer of a node hears what happened before it came") {
  bare_system x;
  std::string nobody;
  {
    bare_system gone;
    auto a = started_node(gone.system, {.node_name = "a"});
    nobody = a.listen();
    REQUIRE(a.stop());
  }
  auto b = started_node(x.system, {.node_name = "b", .seeds = {nobody}});
  REQUIRE(eventually([&] { return b.stats()->dials_failed > 0; }));
  std::this_thread::sleep_for(50ms); // it was told
  std::atomic<int> first{0}, second{0};
  const auto counts = [&](std::atomic<int>& to) {
    return [&](const cluster_event& e) { to += e.address == nobody; };
  };
  REQUIRE(b.observe(counts(first)));
  CHECK(eventually([&] { return first == 1; }));
  REQUIRE(b.observe(counts(second)));
  std::this_thread::sleep_for(50ms);
  CHECK(second == 0); // once each
  REQUIRE(b.stop());
}

TEST_CASE("a second node in one actor system is refused, until the first has stopped") {
  bare_system x;
  auto a = started_node(x.system, {.node_name = "a"});
  const auto again = rollcall::start_cluster(x.system, {.node_name = "b"});
  REQUIRE_FALSE(again);
  CHECK(code(again) == errc::cluster_exists);
  REQUIRE(a.stop());
  auto b = started_node(x.system, {.node_name = "b"});
  CHECK(b.stop());
}

TEST_CASE("a node of another actor system, or one that has stopped, is refused by a tracker") {
  bare_system x, y;
  auto a = started_node(x.system, {.node_name = "a"});
  CHECK(code(rollcall::start_tracker(y.system, {}, {}, a)) == errc::other_system);
  REQUIRE(a.stop());
  CHECK(code(rollcall::start_tracker(x.system, {}, {}, a)) == errc::shutting_down);
}

TEST_CASE("an endpoint that is ended from outside is told, comes back, and its trackers with it") {
  notice_notes told;
  notes events;
  bare_system one, two;
  auto a = started_node(one.system, {.node_name = "a"});
  auto b = started_node(two.system, {.node_name = "b", .seeds = {a.listen()}});
  rollcall::tracker_options options;
  options.broadcast_period = 100ms;
  auto ta = rollcall::start_tracker(one.system, {}, options, a);
  auto tb = rollcall::start_tracker(two.system, {}, options, b);
  REQUIRE(ta);
  REQUIRE(tb);
  REQUIRE(a.observe([&](const cluster_event& e) {
    events.add(to_string(e.kind) + (e.kind == cluster_event_kind::warning ? "" : " " + e.node));
  }));
  auto ada = one.system.spawn(
      [](caf::event_based_actor*) -> caf::behavior { return {[](std::int32_t i) { return i; }}; });
  REQUIRE(ta->track(ada, "room", "ada"));
  REQUIRE(eventually([&] { return tb->count("room") == 1; }));
  const auto port = a.listen();
  caf::anon_send_exit(endpoint_of(a), caf::exit_reason::kill);
  CHECK(eventually([&] { return events.count("warning") == 1; }));
  CHECK(eventually([&] { return linked(a, "b") && linked(b, "a"); }));
  CHECK(told.count("endpoint_restarted a/") == 1);
  CHECK(a.listen() == port);
  REQUIRE(ta->track(ada, "room", "again"));
  CHECK(eventually([&] { return tb->count("room") == 2; }));
  CHECK(a.stats());
  caf::anon_send_exit(ada, caf::exit_reason::kill);
  REQUIRE(ta->stop());
  REQUIRE(tb->stop());
  REQUIRE(a.stop());
  REQUIRE(b.stop());
}

TEST_CASE("an endpoint that keeps ending makes the node end with an error") {
  notice_notes told;
  std::atomic<bool> fatal{false};
  bare_system one;
  auto a = started_node(one.system, {.node_name = "a"});
  REQUIRE(a.observe([&](const cluster_event& e) {
    if (e.kind == cluster_event_kind::fatal && e.code == errc::endpoint_failed) fatal = true;
  }));
  for (int i = 0; i < 4; ++i) {
    caf::actor endpoint;
    REQUIRE(eventually([&] { return (endpoint = endpoint_of(a)) != nullptr; }));
    caf::anon_send_exit(endpoint, caf::exit_reason::kill);
    REQUIRE(eventually([&] { return endpoint_of(a) != endpoint; }));
  }
  CHECK(eventually([&] { return fatal.load(); }));
  CHECK(code(a.peers()) == errc::endpoint_failed);
  CHECK(code(a.stats()) == errc::endpoint_failed);
  CHECK(code(rollcall::start_tracker(one.system, {}, {}, a)) == errc::endpoint_failed);
  CHECK(eventually([&] { return told.count("endpoint_failed a/") == 1; }));
  CHECK(a.stop());
}

TEST_CASE("name_in_use is a state of the node that peers and start_tracker show") {
  notice_notes told;
  bare_system one, two;
  auto a = started_node(one.system, {.node_name = "a"});
  auto b = started_node(two.system, {.node_name = "a", .seeds = {a.listen()}});
  CHECK(eventually([&] { return code(b.peers()) == errc::name_in_use; }));
  CHECK(code(rollcall::start_tracker(two.system, {}, {}, b)) == errc::name_in_use);
  CHECK(eventually([&] { return told.count("name_in_use a/") == 1; }));
  CHECK(a.peers());
  REQUIRE(a.stop());
  REQUIRE(b.stop());
}

TEST_CASE("scoped values end trackers and nodes, in any order, also when an exception unwinds") {
  for (const bool tracker_first : {true, false}) {
    try {
      bare_system x;
      auto a = started_node(x.system, {.node_name = "a"});
      rollcall::scoped_tracker outer;
      const rollcall::scoped_node node{a};
      rollcall::scoped_tracker inner;
      auto& t = tracker_first ? outer : inner; // ends after the node, or before it
      auto started = rollcall::start_tracker(x.system, {}, {}, a);
      REQUIRE(started);
      t = rollcall::scoped_tracker{*started};
      CHECK(t->running());
      throw std::runtime_error{"unwinds"};
    } catch (const std::runtime_error& e) {
      CHECK(std::string{e.what()} == "unwinds");
    }
  }
}

TEST_CASE("a tracker and a node that no value names are told as forgotten") {
  notice_notes told;
  bare_system x;
  {
    auto a = started_node(x.system, {.node_name = "a"});
    REQUIRE(rollcall::start_tracker(x.system, {}, {.name = "lobby"}, a));
  }
  CHECK(eventually([&] { return told.count("forgotten a/lobby") == 1; }));
  CHECK(eventually([&] { return told.count("forgotten a/") == 1; }));
  REQUIRE(rollcall::find_tracker(x.system, "lobby")->stop());
  auto node = rollcall::actors::nodes::find(x.system); // users have no such way
  REQUIRE(node);
  CHECK(rollcall::actors::access::make_node(node).stop());
}
