#include "cluster/caf/basp_rules.hpp"
#include "cluster/caf/dialer.hpp"
#include "cluster/caf/socket.hpp"
#include "test/catch.hpp"
#include "test/cluster/caf/node.hpp"
#include "test/localhost.hpp"

#include <algorithm>
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
  check(problem([](auto& c) { c.tls.key = "k"; }), errc::bad_tls, "certificate");
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
  const auto x = dial({"192.0.2.1", 9}, dial_how{});
  CHECK(x.connection == nullptr);
  CHECK(x.why.code == errc::not_loopback);
  CHECK(x.why.message.find("beyond loopback") != std::string::npos);
}

TEST_CASE("a dial finds who answers as a node of ours, and gives up on who does not") {
  node a{"a", {}};
  auto where = parse_address(a.address()).value;
  if (rollcall::test::knows_localhost()) where.host = "localhost";
  dial_how how;
  how.connect_timeout = how.greeting_timeout = 60s;
  how.ours = {compat::caf_release(), "another", "s", {1, 1}};
  CHECK(dial(where, how).connection != nullptr);
  mute_listener place;
  how.greeting_timeout = 100ms;
  CHECK(dial(parse_address(place.address()).value, how).why.message.find("is it one")
        != std::string::npos);
  const auto gone = dial(parse_address(place.close()).value, how);
  CHECK(gone.connection == nullptr);
  CHECK(gone.why.message.find("cannot connect") != std::string::npos);
  how.loopback_only = false;
  CHECK(dial({"no-such-host.invalid", 9}, how).connection == nullptr);
}

TEST_CASE("closing the dialer ends what is under way, and nobody is called after it") {
  auto called = std::make_shared<std::atomic<int>>(0);
  {
    dialer pool{4, 2};
    const auto how = std::make_shared<const dial_how>();
    for (int i = 0; i < 100; ++i)
      pool.ask({"127.0.0.1", 9}, how, [called](dialer::answer) { ++*called; });
  }
  const int then = *called;
  std::this_thread::sleep_for(50ms);
  CHECK(*called == then);
}

TEST_CASE("a node that is its own seed goes on without, under any of its names") {
  if (!rollcall::test::knows_localhost()) return;
  mute_listener place;
  const auto address = place.close();
  const auto port = parse_address(address).value.port;
  node a{"a", {address, "localhost:" + std::to_string(port)}, [&](endpoint_config& c) {
           c.listen = address;
         }};
  REQUIRE(a.problem().message == "");
  const auto says_so = [&] {
    const auto all = a.peers().peers;
    return std::any_of(all.begin(), all.end(), [&](const cluster_peer& x) {
      return x.address == "localhost:" + std::to_string(port)
             && x.reason.find("it stands for") != std::string::npos;
    });
  };
  for (int i = 0; i < 1000 && !says_so(); ++i) std::this_thread::sleep_for(20ms);
  CHECK(says_so()); // the name may be another node's later
  for (const auto& x : a.peers().peers) CHECK(x.name.empty());
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
    const auto where = parse_address(a.address()).value;
    dial_how how;
    how.ours = {compat::caf_release(), to_string(stranger.system().node()), "s", {1, 1}};
    const auto found = dial(where, how);
    REQUIRE(found.connection != nullptr);
    caf::scoped_actor self{stranger.system()};
    caf::actor there;
    auto guard = std::make_shared<connection_guard>();
    guard->rules =
        std::make_shared<const basp_rules>(make_basp_rules(stranger.system(), stranger.endpoint()));
    compat::request(self, basp_broker(stranger.system()), 60s,
                    connect_message(stranger.system(), *found.connection, where.port, guard))
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
