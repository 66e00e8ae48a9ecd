#include "test/catch.hpp"
#include "test/cluster/caf/node.hpp"

using namespace rollcall;
using namespace rollcall::cluster;
using namespace rollcall::cluster::test;
using namespace std::chrono_literals;

namespace {

std::string state_of(node& x, const std::string& name_or_address) {
  for (const auto& p : x.peers().peers)
    if (p.name == name_or_address || p.address == name_or_address)
      return std::string{to_string(p.state)};
  return "unknown";
}

/// In the end: what shards are told of a link comes before the event.
bool says(node& x, cluster_event_kind kind, errc code, const std::string& text) {
  return x.seen().wait([&](const record::state& seen) {
    return std::any_of(seen.events.begin(), seen.events.end(), [&](const cluster_event& e) {
      return e.kind == kind && e.code == code && e.text.find(text) != std::string::npos;
    });
  });
}

} // namespace

TEST_CASE("two nodes find each other by one seed, and frames arrive in order both ways") {
  node a{"a", {}};
  REQUIRE(a.problem().message == "");
  node b{"b", {a.address()}};
  REQUIRE(b.problem().message == "");
  REQUIRE(a.wait_links({"b"}));
  REQUIRE(b.wait_links({"a"}));
  const std::size_t n = 2000;
  for (std::size_t i = 0; i < n; ++i) {
    a.send("b", "to b " + std::to_string(i));
    b.send("a", "to a " + std::to_string(i) + std::string(i, 'x'));
  }
  REQUIRE(a.wait_frames(n));
  REQUIRE(b.wait_frames(n));
  const auto at_a = a.seen().copy().frames;
  const auto at_b = b.seen().copy().frames;
  CHECK(at_a.size() == n);
  CHECK(at_b.size() == n);
  bool all = true;
  for (std::size_t i = 0; i < n; ++i) {
    all = all && at_b[i].bytes == "to b " + std::to_string(i) && at_b[i].from == "a";
    all = all && at_a[i].bytes == "to a " + std::to_string(i) + std::string(i, 'x')
          && at_a[i].from == "b";
  }
  CHECK(all);
  CHECK(a.wait_event(cluster_event_kind::peer_up));
  CHECK(a.stats().links_up == 1);
  CHECK(a.stats().frames_out == n);
  CHECK(b.stats().frames_in == n);
  CHECK(a.stats().dropped_unknown == 0);
}

TEST_CASE("a large frame arrives whole") {
  const auto large_ones = [](endpoint_config& c) { c.links.limits.max_message_bytes = 16 * 1024 * 1024; };
  node a{"a", {}, large_ones};
  node b{"b", {a.address()}, large_ones};
  REQUIRE(a.wait_links({"b"}));
  const std::string large(8 * 1024 * 1024, 'y');
  a.send("b", large);
  REQUIRE(b.wait_frames(1));
  CHECK((b.seen().copy().frames[0].bytes == large));
}

TEST_CASE("three nodes make a full mesh from one seed") {
  node m{"m", {}};
  node z{"z", {m.address()}};
  node a{"a", {m.address()}};
  CHECK(m.wait_links({"a", "z"}));
  CHECK(z.wait_links({"a", "m"}));
  CHECK(a.wait_links({"m", "z"}));
  a.send("z", "direct");
  CHECK(z.wait_frames(1));
  // each has one link with each, and no more is dialed
  CHECK(a.stats().links_up == 2);
  CHECK(z.seen().copy().peer_downs == 0);
}

TEST_CASE("a seed that is absent is told, and found when it comes") {
  mute_listener place;
  const auto address = place.close();
  node b{"b", {address}};
  REQUIRE(b.problem().message == "");
  REQUIRE(b.wait_event(cluster_event_kind::refused, errc::unreachable));
  CHECK(says(b, cluster_event_kind::refused, errc::unreachable, "cannot connect"));
  CHECK(state_of(b, address) != "unknown");
  node a{"a", {}, [&](endpoint_config& x) { x.listen = address; }};
  REQUIRE(a.problem().message == "");
  CHECK(b.wait_links({"a"}));
  CHECK(a.wait_links({"b"}));
}

TEST_CASE("a node that crashed comes back as a new life on its port") {
  node m{"m", {}};
  for (const char* name : {"a", "z"}) { // of either name order
    auto x = std::make_unique<node>(name, std::vector<std::string>{m.address()});
    REQUIRE(m.wait_links({name}));
    const auto address = x->address();
    x->crash();
    REQUIRE(m.wait_links({}));
    x = std::make_unique<node>(name, std::vector<std::string>{m.address()},
                               [&](endpoint_config& c) { c.listen = address; });
    REQUIRE(x->problem().message == "");
    REQUIRE(m.wait_links({name}));
    REQUIRE(x->wait_links({"m"}));
    m.send(name, "hello again");
    CHECK(x->wait_frames(1));
    x->stop();
    REQUIRE(m.wait_links({}));
    CHECK(says(m, cluster_event_kind::peer_down, errc::none, "it has left"));
  }
}

TEST_CASE("a seed that crashed and comes back without seeds is dialed again") {
  mute_listener place;
  const auto address = place.close();
  auto on_place = [&](endpoint_config& c) { c.listen = address; };
  auto a = std::make_unique<node>("a", std::vector<std::string>{}, on_place);
  node b{"b", {address}};
  REQUIRE(b.wait_links({"a"}));
  a->crash();
  REQUIRE(b.wait_links({}));
  a = std::make_unique<node>("a", std::vector<std::string>{}, on_place);
  REQUIRE(a->problem().message == "");
  CHECK(b.wait_links({"a"}));
  CHECK(a->wait_links({"b"}));
}

TEST_CASE("peers that take connections and stay mute hold up neither links nor dials") {
  std::vector<std::unique_ptr<mute_listener>> mute;
  std::vector<std::string> seeds;
  for (int i = 0; i < 3; ++i) {
    mute.push_back(std::make_unique<mute_listener>());
    seeds.push_back(mute.back()->address());
  }
  node a{"a", seeds};
  node b{"b", {a.address()}};
  REQUIRE(a.wait_links({"b"}));
  seeds.push_back(a.address());
  node c{"c", seeds};
  REQUIRE(c.wait_links({"a", "b"}));
  for (int i = 0; i < 100; ++i) a.send("b", std::to_string(i));
  CHECK(b.wait_frames(100));
  CHECK(a.wait_event(cluster_event_kind::refused, errc::unreachable));
  CHECK(says(a, cluster_event_kind::refused, errc::unreachable, "is it one"));
  c.stop();
  CHECK(c.answered_stop());
}

TEST_CASE("a node of another cluster is refused on both sides, and stays refused") {
  node a{"a", {}};
  node b{"b", {a.address()}, [](endpoint_config& x) { x.cluster = "other"; }};
  CHECK(a.wait_event(cluster_event_kind::refused, errc::cluster_mismatch));
  CHECK(b.wait_event(cluster_event_kind::refused, errc::cluster_mismatch));
  CHECK(says(b, cluster_event_kind::refused, errc::cluster_mismatch, "same cluster name"));
  CHECK(a.stats().links_up == 0);
  CHECK(b.stats().links_up == 0);
}

TEST_CASE("a second node under a living name hears that it cannot be") {
  node a{"a", {}};
  node x{"x", {a.address()}};
  REQUIRE(a.wait_links({"x"}));
  for (const auto& seed : {a.address(), x.address()}) {
    node second{"x", {seed}};
    REQUIRE(second.wait_event(cluster_event_kind::fatal, errc::name_in_use));
    CHECK(second.stats().links_up == 0);
    // who asks later hears it as well
    auto late = std::make_shared<record>();
    compat::anon_send(second.endpoint(), observe_endpoint{spawn_recorder(second.system(), late)});
    CHECK(late->wait([](const record::state& s) { return s.events.size() == 1; }));
  }
  CHECK(a.seen().copy().peer_downs == 0);
  a.send("x", "still there");
  CHECK(x.wait_frames(1));
}

TEST_CASE("another pool size of the same tracker is refused, until it is the same") {
  node a{"a", {}};
  a.attach("lobby", 4);
  node b{"b", {a.address()}};
  REQUIRE(b.wait_links({"a"}));
  b.attach("lobby", 8);
  REQUIRE(b.wait_links({}));
  CHECK(b.wait_event(cluster_event_kind::refused, errc::pool_mismatch));
  CHECK(a.wait_event(cluster_event_kind::refused, errc::pool_mismatch));
  CHECK(says(b, cluster_event_kind::refused, errc::pool_mismatch, "give it the same"));
  b.attach("lobby", 4);
  CHECK(b.wait_links({"a"}));
  CHECK(a.wait_links({"b"}));
}

TEST_CASE("other periods are a warning, and no more") {
  node a{"a", {}};
  a.attach("lobby", 1, 1000);
  node b{"b", {a.address()}};
  b.attach("lobby", 1, 2000);
  CHECK(a.wait_event(cluster_event_kind::warning));
  CHECK(b.wait_event(cluster_event_kind::warning));
  CHECK(b.wait_links({"a"}));
}

TEST_CASE("a blocked peer keeps its link and loses its frames") {
  node a{"a", {}};
  node b{"b", {a.address()}};
  REQUIRE(a.wait_links({"b"}));
  REQUIRE(b.wait_links({"a"}));
  a.block("b", false, true);
  a.send("b", "lost on its way out");
  a.block("b", false, false);
  a.send("b", "first");
  REQUIRE(b.wait_frames(1));
  CHECK(b.seen().copy().frames[0].bytes == "first");
  CHECK(a.stats().dropped_blocked == 1);
  b.block("a", true, false);
  a.send("b", "lost on its way in");
  b.send("a", "the other way is open");
  REQUIRE(a.wait_frames(1));
  // what came in has come in when this many pings have been answered
  for (int i = 0; i < 1000 && b.stats().dropped_blocked == 0; ++i)
    std::this_thread::sleep_for(20ms);
  b.block("a", false, false);
  a.send("b", "second");
  REQUIRE(b.wait_frames(2));
  CHECK(b.seen().copy().frames[1].bytes == "second");
  CHECK(b.stats().dropped_blocked == 1);
  CHECK(b.seen().copy().peer_downs == 0);
}

TEST_CASE("frames for nobody are dropped and counted") {
  node a{"a", {}};
  node b{"b", {a.address()}};
  REQUIRE(a.wait_links({"b"}));
  a.send("nobody", "x");
  a.send("b", "x", "no such tracker");
  a.send("b", "x");
  REQUIRE(b.wait_frames(1));
  CHECK(a.stats().dropped_no_link == 1);
  CHECK(b.stats().dropped_no_shard == 1);
}

TEST_CASE("a shard that attaches late hears of the links that are up, and its end detaches it") {
  node a{"a", {}};
  node b{"b", {a.address()}};
  REQUIRE(a.wait_links({"b"}));
  auto late = std::make_shared<record>();
  auto shard = spawn_recorder(b.system(), late);
  compat::anon_send(b.endpoint(), attach_shard{"late", 3, 4, 1500, 30'000, 1'200'000, shard});
  REQUIRE(late->wait([](const record::state& s) { return s.links.count("a") == 1; }));
  compat::anon_send(a.endpoint(),
                    send_frame{{"b"}, "late", 3, std::make_shared<const std::string>("x")});
  REQUIRE(late->wait([](const record::state& s) { return s.frames.size() == 1; }));
  compat::anon_send(shard, caf::exit_msg{caf::actor_addr{}, caf::error{caf::exit_reason::kill}});
  shard = nullptr;
  // frames for it are dropped from then on
  for (int i = 0; i < 1000 && b.stats().dropped_no_shard == 0; ++i) {
    a.send("b", "x", "late");
    compat::anon_send(a.endpoint(),
                      send_frame{{"b"}, "late", 3, std::make_shared<const std::string>("x")});
    std::this_thread::sleep_for(20ms);
  }
  CHECK(b.stats().dropped_no_shard > 0);
}
