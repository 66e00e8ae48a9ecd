#include "cluster/caf_probe.hpp"
#include "cluster/caf_transport.hpp"
#include "test/catch.hpp"
#include "test/net/node.hpp"

#include <thread>

using namespace rollcall;
using namespace rollcall::cluster;
using namespace rollcall::cluster::test;
using namespace std::chrono_literals;

TEST_CASE("a start that cannot be says what to do") {
  auto problem = [](const node::edit& change, std::vector<std::string> seeds = {}) {
    node x{"a", std::move(seeds), change};
    return x.problem();
  };
  auto check = [&](const rollcall::problem& x, errc code, const std::string& text) {
    CHECK(x.code == code);
    INFO(x.message);
    CHECK(x.message.find(text) != std::string::npos);
  };
  check(problem([](auto& c) { c.node = ""; }), errc::bad_option, "its own");
  check(problem([](auto& c) { c.node = std::string(300, 'x'); }), errc::bad_option, "256");
  check(problem([](auto& c) { c.listen = "4000"; }), errc::bad_address, "HOST:PORT");
  check(problem([](auto& c) { c.advertise = "here"; }), errc::bad_address, "HOST:PORT");
  check(problem({}, {"127.0.0.1"}), errc::bad_address, "HOST:PORT");
  check(problem([](auto& c) { c.listen = "0.0.0.0:0"; }), errc::not_loopback, "TLS");
  check(problem({}, {"192.0.2.1:4000"}), errc::not_loopback, "TLS");
  check(problem([](auto& c) {
          c.listen = "0.0.0.0:0";
          c.insecure = true;
        }),
        errc::bad_address, "advertise");
  check(problem([](auto& c) { c.tls = true; }), errc::bad_tls, "certificate");
  mute_listener taken;
  check(problem([&](auto& c) { c.listen = taken.address(); }), errc::cannot_listen, "in use");
}

TEST_CASE("the address that is told to others may be another than the one listened on") {
  node a{"a", {}};
  node b{"b", {a.address()}, [](endpoint_config& c) { c.advertise = "localhost:9"; }};
  REQUIRE(a.wait_links({"b"}));
  const auto peers = a.peers().peers;
  REQUIRE(peers.size() == 1);
  CHECK(peers[0].address == "localhost:9");
}

TEST_CASE("a name that stands for a host beyond loopback is not dialed without TLS") {
  // no resolver is asked: numbers are names of themselves
  const auto x = probe({"192.0.2.1", 9}, 100ms, true, -1);
  CHECK(!x.reachable);
  CHECK(x.reason.find("beyond loopback") != std::string::npos);
}

TEST_CASE("a look finds who listens, and gives up on who does not") {
  mute_listener place;
  const auto port = parse_address(place.address()).value.port;
  const auto there = probe({"localhost", port}, 10s, true, -1);
  CHECK(there.reachable);
  CHECK(there.ip == "127.0.0.1");
  CHECK(there.own_host);
  place.close();
  const auto gone = probe({"127.0.0.1", port}, 10s, true, -1);
  CHECK(!gone.reachable);
  CHECK(gone.reason.find("cannot connect") != std::string::npos);
  CHECK(!probe({"no-such-host.invalid", 9}, 10s, false, -1).reachable);
}

TEST_CASE("closing the pool of looks ends what is under way, and nobody is called after it") {
  auto called = std::make_shared<std::atomic<int>>(0);
  {
    probe_pool pool{4};
    for (int i = 0; i < 100; ++i)
      pool.ask({"127.0.0.1", 9}, 10s, true, [called](probe_pool::answer) { ++*called; });
  }
  const int then = *called;
  std::this_thread::sleep_for(50ms);
  CHECK(*called == then);
}

TEST_CASE("a node that is its own seed goes on without, under any of its names") {
  mute_listener place;
  const auto address = place.close();
  const auto port = parse_address(address).value.port;
  node a{"a", {address, "localhost:" + std::to_string(port)}, [&](endpoint_config& c) {
           c.listen = address;
         }};
  REQUIRE(a.problem().message == "");
  for (int i = 0; i < 1000 && !a.peers().peers.empty(); ++i) std::this_thread::sleep_for(20ms);
  CHECK(a.peers().peers.empty());
  node b{"b", {address}};
  CHECK(b.wait_links({"a"}));
}

TEST_CASE("an endpoint that has stopped can be followed by another one in the same system") {
  node a{"a", {}};
  node b{"b", {a.address()}};
  REQUIRE(a.wait_links({"b"}));
  caf::scoped_actor self{b.system()};
  compat::request(self, b.endpoint(), 60s, stop_endpoint{})
      .receive([] {}, [](caf::error&) { FAIL("no answer"); });
  REQUIRE(a.wait_links({}));
  endpoint_config c;
  c.cluster = "test";
  c.node = "b";
  c.inc = {1'000'000, 1};
  c.seeds = {a.address()};
  auto again = start_endpoint(b.system(), c);
  REQUIRE(!again.problem);
  CHECK(a.wait_links({"b"}));
  compat::request(self, again.endpoint, 60s, stop_endpoint{})
      .receive([] {}, [](caf::error&) { FAIL("no answer"); });
}

TEST_CASE("whatever a stranger sends harms nobody") {
  node a{"a", {}};
  node b{"b", {a.address()}};
  REQUIRE(a.wait_links({"b"}));
  {
    node stranger{"s", {}};
    const auto manager = get_transport(stranger.system(), transport_kind::plain).manager;
    const auto where = parse_address(a.address()).value;
    caf::scoped_actor self{stranger.system()};
    caf::actor there;
    compat::request(self, manager, 60s, connect_message(where.host, where.port))
        .receive([&](const caf::node_id&, const caf::strong_actor_ptr& x,
                     const std::set<std::string>&) { there = caf::actor_cast<caf::actor>(x); },
                 [](caf::error&) {});
    REQUIRE(there);
    compat::send(self, there, std::string{});
    for (int kind = 0; kind < 256; ++kind)
      for (std::size_t size : {0u, 1u, 30u})
        compat::send(self, there, static_cast<char>(kind) + std::string(size, '\xff'));
    compat::send(self, there, 42);
    compat::send(self, there, caf::error{caf::sec::invalid_argument});
    // what only the own process may say does not even arrive
    compat::send(self, there, stop_endpoint{});
    compat::send(self, there, block_peer{"b", true, true});
    compat::send(self, there, std::string{"f"});
    for (int i = 0; i < 1000 && a.stats().dropped_unknown < 700; ++i)
      std::this_thread::sleep_for(20ms);
    CHECK(a.stats().dropped_unknown >= 700);
  }
  b.send("a", "still serving");
  CHECK(a.wait_frames(1));
  a.send("b", "still serving");
  CHECK(b.wait_frames(1));
  CHECK(a.seen().copy().peer_downs == 0);
}
