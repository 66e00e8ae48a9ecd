#include "test/catch.hpp"
#include "test/cluster/mesh/world.hpp"

#include <algorithm>

using namespace rollcall;
using namespace rollcall::cluster;
using namespace rollcall::cluster::mesh;
using namespace rollcall::cluster::mesh::test;
using namespace std::chrono_literals;

TEST_CASE("two nodes have one link, whichever of them dials") {
  for (bool smaller_dials : {true, false}) {
    world w{1};
    auto& a =
        w.start("a", 0, smaller_dials ? std::vector<std::size_t>{1} : std::vector<std::size_t>{});
    auto& b =
        w.start("b", 1, smaller_dials ? std::vector<std::size_t>{} : std::vector<std::size_t>{0});
    REQUIRE(w.run_until([&] { return w.full_mesh(); }, 1s));
    CHECK(a.dials + b.dials == 1);
    w.run(60s);
    CHECK(w.full_mesh());
    CHECK(a.dials + b.dials == 1);
    CHECK(a.downs.empty());
    CHECK(b.refusals.empty());
  }
}

TEST_CASE("a node learns of all others from any one seed, in round trips") {
  for (std::size_t seed_of_newcomer = 0; seed_of_newcomer < 5; ++seed_of_newcomer) {
    for (const char* name : {"0", "m", "z"}) {
      world w{seed_of_newcomer};
      for (std::size_t i = 0; i < 5; ++i)
        w.start("k" + std::to_string(i), i,
                i == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{i - 1});
      REQUIRE(w.run_until([&] { return w.full_mesh(); }, 2s));
      w.start(name, 5, {seed_of_newcomer});
      CHECK(w.run_until([&] { return w.full_mesh(); }, 1s));
    }
  }
}

TEST_CASE("after a loss the smaller name dials, and the larger one leaves it time to") {
  world w{3};
  auto& a = w.start("a", 0, {});
  auto& b = w.start("b", 1, {0});
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 1s));
  for (int i = 0; i < 20; ++i) {
    const auto before = b.dials;
    w.run(10s); // long enough that the loss is not one of a row
    w.break_connections(100);
    w.run(300ms);
    REQUIRE(w.run_until([&] { return w.full_mesh(); }, 2s));
    CHECK(b.dials == before);
  }
  CHECK(a.dials == 20);
}

TEST_CASE("a seed that restarts without seeds of its own is found again by who has it as seed") {
  world w{4};
  auto& a = w.start("a", 0, {});
  w.start("b", 1, {0});
  w.start("c", 2, {1});
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 2s));
  w.kill(a);
  w.run(20s);
  w.start("a", 0, {});
  CHECK(w.run_until([&] { return w.full_mesh(); }, 15s));
}

TEST_CASE("a seed that is absent is told once a minute and tried for ever") {
  world w{5};
  auto& a = w.start("a", 0, {7});
  w.run(10min);
  CHECK(a.refusals.size() >= 9);
  CHECK(a.refusals.size() <= 11);
  CHECK(says(a.refusals, errc::unreachable, "nobody is there"));
  CHECK(a.refusals[0].address == "10.0.0.7:4369");
  CHECK(a.dials > 600 / 5 - 5);
  w.start("b", 7, {});
  CHECK(w.run_until([&] { return w.full_mesh(); }, 6s));
}

TEST_CASE("a node that has itself as seed goes on without") {
  world w{6};
  auto& a = w.start("a", 0, {0, 1}, [](options& x) { x.address = "proxy:1"; });
  w.start("b", 1, {});
  CHECK(w.run_until([&] { return w.full_mesh(); }, 1s));
  w.run(60s);
  CHECK(a.dials_to[1] == 1);
  CHECK(a.dials_to[0] >= 3); // behind a load balancer it may be another's next time
  CHECK(a.dials_to[0] <= 6);
  CHECK(a.refusals.empty());
  CHECK(a.machine->peers().size() == 1);
}

TEST_CASE("an old address that a new node has taken over leads to the new node") {
  world w{7};
  w.start("a", 0, {});
  auto& b = w.start("b", 1, {0});
  w.start("c", 2, {1});
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 2s));
  w.kill(b);
  w.run(5s);
  w.start("d", 1, {0});
  CHECK(w.run_until([&] { return w.full_mesh(); }, 15s));
  w.run(60s);
  for (auto* x : w.living()) {
    const auto peers = x->machine->peers();
    CHECK(std::none_of(peers.begin(), peers.end(), [](auto& p) { return p.name == "b"; }));
  }
}

TEST_CASE("who leaves in order is not looked for, unless it is a seed") {
  world w{8};
  auto& a = w.start("a", 0, {});
  auto& b = w.start("b", 1, {0});
  auto& c = w.start("c", 2, {0});
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 1s));
  w.leave(c);
  w.run(60s);
  CHECK(a.downs == std::vector<std::string>{"it has left"});
  CHECK(a.machine->peers().size() == 1);
  w.leave(a);
  w.run(60s);
  REQUIRE(b.machine->peers().size() == 1);
  CHECK(b.machine->peers()[0].address == "10.0.0.0:4369");
  w.start("a", 0, {});
  CHECK(w.run_until([&] { return w.full_mesh(); }, 10s));
}

TEST_CASE("a suspended peer is down when it was silent for long, and comes back") {
  world w{16};
  auto& a = w.start("a", 0, {});
  auto& b = w.start("b", 1, {0});
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 1s));
  w.pause(b);
  w.run(4s);
  CHECK(a.downs.empty());
  w.run(2s);
  CHECK(a.downs == std::vector<std::string>{"silent for 5000 ms"});
  w.run(20s);
  w.resume(b);
  CHECK(w.run_until([&] { return w.full_mesh(); }, 10s));
}

TEST_CASE("time in which we did not run is nobody's silence") {
  membership m{[] {
                 options x;
                 x.cluster = "c";
                 x.node = "a";
                 x.inc = {1, 1};
                 return x;
               }(),
               0ms};
  hello h;
  h.cluster = "c";
  h.node = "b";
  h.inc = {2, 2};
  m.step(received{1, packet_kind::hello, encode(h)}, 10ms);
  REQUIRE(m.links() == 1);
  m.step(tick{}, 100ms);
  m.step(tick{}, 60'000ms);
  CHECK(m.links() == 1);
  auto t = 60'000ms;
  while (m.links() != 0 && t < 90'000ms) m.step(tick{}, t += 100ms);
  CHECK(t >= 63'400ms); // a tick was due within a ping interval: that much is not told apart
  CHECK(t <= 65'500ms);
}

TEST_CASE("nodes whose mesh is settled sleep from ping to ping") {
  world w{7};
  for (std::size_t i = 1; i <= 6; ++i) {
    w.start(std::string(1, static_cast<char>('a' + i)), i, {1});
    w.run(millis{130}); // pings of as many phases
  }
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 5s));
  w.run(5s);
  std::map<const life*, std::size_t> before;
  for (auto* x : w.living()) before[x] = x->ticks;
  w.run(20s);
  for (auto* x : w.living()) CHECK(x->ticks - before[x] <= 21);
  CHECK(w.full_mesh());
  CHECK(w.broken.empty());
}

TEST_CASE("no more peers are known than the limit, and seeds are never forgotten") {
  options o;
  o.cluster = "c";
  o.node = "a";
  o.inc = {1, 1};
  o.max_peers = 8;
  o.seeds = {{"10.9.9.9", 1}};
  membership m{o, 0ms};
  auto introduce = [&](channel_id channel, const std::string& name, bool many) {
    hello h;
    h.cluster = "c";
    h.node = name;
    h.inc = {2, 2};
    h.address = name + ":1";
    for (int i = 0; many && i < 100; ++i)
      h.members.push_back({name + std::to_string(i), name + std::to_string(i) + ":1"});
    return m.step(received{channel, packet_kind::hello, encode(h)}, 1ms);
  };
  introduce(1, "b", true);
  CHECK(m.peers().size() == 8);
  for (channel_id i = 2; i < 100; ++i) {
    introduce(i, "n" + std::to_string(i), true);
    CHECK(m.peers().size() <= 8);
  }
  CHECK(m.links() == 7);
  const auto out = introduce(200, "late", false);
  REQUIRE(out.size() >= 1);
  const auto* answer = std::get_if<send>(&out[0]);
  REQUIRE(answer != nullptr);
  CHECK(read_refusal(open_packet(answer->bytes).body)->code == errc::limit_reached);
  const auto peers = m.peers();
  CHECK(std::any_of(peers.begin(), peers.end(), [](auto& p) { return p.address == "10.9.9.9:1"; }));
}

TEST_CASE("4,096 nodes are known by default, and one more is refused") {
  options o;
  o.cluster = "c";
  o.node = "a";
  o.inc = {1, 1};
  membership m{o, 0ms};
  auto introduce = [&](channel_id channel) {
    hello h;
    h.cluster = "c";
    h.node = "n" + std::to_string(channel);
    h.inc = {2, channel};
    h.address =
        "10.0." + std::to_string(channel / 250) + "." + std::to_string(channel % 250) + ":1";
    return m.step(received{channel, packet_kind::hello, encode(h)}, millis{channel});
  };
  std::size_t most = 0; // of the list of all in an answer
  for (channel_id i = 1; i <= 4096; ++i) {
    for (const auto& x : introduce(i))
      if (const auto* answer = std::get_if<send>(&x)) most = std::max(most, answer->bytes.size());
    if (i % 64 == 0) m.step(tick{}, millis{i}); // so that newcomers are told on, and forgotten
  }
  CHECK(m.links() == 4096);
  CHECK(most < 128 * 1024);
  const auto out = introduce(4097);
  REQUIRE(out.size() >= 1);
  const auto* answer = std::get_if<send>(&out[0]);
  REQUIRE(answer != nullptr);
  CHECK(read_refusal(open_packet(answer->bytes).body)->code == errc::limit_reached);
  CHECK(m.links() == 4096);
}
