#include "test/catch.hpp"
#include "test/cluster/membership_world.hpp"

#include <algorithm>

using namespace rollcall;
using namespace rollcall::cluster;
using namespace rollcall::cluster::mesh;
using namespace rollcall::cluster::mesh::test;
using namespace std::chrono_literals;

namespace {

bool says(const std::vector<refused>& all, errc code, const std::string& text) {
  return std::any_of(all.begin(), all.end(), [&](const refused& x) {
    return x.code == code && x.message.find(text) != std::string::npos;
  });
}

hello::tracker lobby(std::uint32_t pool_size, millis broadcast = 1500ms) {
  return {"lobby", pool_size, broadcast, 30'000ms, 1'200'000ms};
}

} // namespace

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
  CHECK(a.dials == 2);
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

TEST_CASE("a second node under a living name is refused, and its start ends") {
  for (std::size_t seed : {0u, 1u}) {
    world w{9};
    auto& b = w.start("b", 0, {});
    w.start("x", 1, {0});
    REQUIRE(w.run_until([&] { return w.full_mesh(); }, 1s));
    auto& second = w.start("x", 2, {seed}); // through who knows it, and through itself
    REQUIRE(w.run_until([&] { return second.end.has_value(); }, 5s));
    CHECK(second.end->code == errc::name_in_use);
    CHECK(second.end->message.find("choose another") != std::string::npos);
    CHECK(second.machine->ended());
    w.run(60s);
    CHECK(w.full_mesh());
    CHECK(b.downs.empty());
  }
}

TEST_CASE("a newcomer whose clock is behind is refused its name all the same") {
  world w{10};
  w.start("b", 0, {});
  w.start("x", 1, {0});
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 1s));
  auto& second = w.start("x", 2, {0}, [](options& x) { x.inc = {1, 1}; });
  CHECK(w.run_until([&] { return second.end.has_value(); }, 5s));
}

TEST_CASE("a new life takes the place of one whose host lost its power") {
  for (bool clock_went_back : {false, true}) {
    world w{11};
    auto& b = w.start("b", 0, {});
    auto& x = w.start("x", 1, {0});
    REQUIRE(w.run_until([&] { return w.full_mesh(); }, 1s));
    w.power_off(x);
    w.run(100ms); // nobody has noticed
    auto& again = w.start("x", 1, {0}, [&](options& o) {
      if (clock_went_back) o.inc = {1, 1};
    });
    CHECK(w.run_until([&] { return w.full_mesh(); }, 4s));
    CHECK(!again.end);
    CHECK(b.downs.size() == 1);
  }
}

TEST_CASE("of two of one name that meet after a split the younger ends") {
  world w{12};
  w.start("b", 0, {});
  w.start("c", 1, {0});
  w.cut(0, 1), w.cut(1, 0), w.cut(0, 3), w.cut(3, 0), w.cut(1, 2), w.cut(2, 1), w.cut(2, 3),
      w.cut(3, 2);
  auto& older = w.start("x", 2, {0});
  w.run(1s);
  auto& younger = w.start("x", 3, {1});
  w.run(10s);
  CHECK(older.links.size() == 1);
  CHECK(younger.links.size() == 1);
  w.heal();
  CHECK(w.run_until([&] { return w.living().size() == 3 && w.full_mesh(); }, 60s));
  CHECK(younger.end.has_value());
  CHECK(!older.end);
}

TEST_CASE("other clusters are refused on both sides with what to do, and tried again") {
  world w{13};
  auto& a = w.start("a", 0, {});
  auto& b = w.start("b", 1, {0}, [](options& x) { x.cluster = "other"; });
  w.run(60s);
  CHECK(a.links.empty());
  CHECK(says(b.refusals, errc::cluster_mismatch, "give both the same cluster name"));
  CHECK(says(a.refusals, errc::cluster_mismatch, "give both the same cluster name"));
  CHECK(b.dials > 60 / 5 - 3);
  CHECK(b.refusals.size() <= 3);
}

TEST_CASE("another pool size is refused, at hello and when it comes up later") {
  for (bool later : {false, true}) {
    world w{14};
    auto& a = w.start("a", 0, {});
    auto& b = w.start("b", 1, {0});
    w.start("c", 2, {0, 1});
    w.step(a, trackers_changed{{lobby(2)}});
    if (!later) w.step(b, trackers_changed{{lobby(4)}});
    REQUIRE(w.run_until([&] { return a.links.size() == (later ? 2u : 1u); }, 2s));
    if (later) w.step(b, trackers_changed{{lobby(4)}});
    w.run(30s);
    CHECK(a.links.count("b") == 0);
    CHECK(b.links.count("a") == 0);
    CHECK(b.links.count("c") == 1); // who does not run it is not concerned
    CHECK(says(a.refusals, errc::pool_mismatch, "give it the same on all nodes"));
    CHECK(says(b.refusals, errc::pool_mismatch, "give it the same on all nodes"));
    CHECK(a.refusals.size() <= 4);
    w.step(b, trackers_changed{{lobby(2)}});
    CHECK(w.run_until([&] { return w.full_mesh(); }, 10s));
  }
}

TEST_CASE("other periods are a warning, told once") {
  world w{15};
  auto& a = w.start("a", 0, {});
  auto& b = w.start("b", 1, {0});
  w.step(a, trackers_changed{{lobby(1, 1500ms)}});
  w.step(b, trackers_changed{{lobby(1, 500ms)}});
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 1s));
  w.run(10s);
  REQUIRE(a.warnings.size() == 1);
  CHECK(a.warnings[0].find("broadcast 500 ms") != std::string::npos);
  CHECK(b.warnings.size() == 1);
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

TEST_CASE("a refusal without a word is told with what its code says") {
  world w{3};
  auto& a = w.start("a", 1, {2});
  auto& b = w.start("b", 2, {});
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 2s));
  const auto link = a.links.at("b");
  const auto bytes = pack_refusal({rollcall::errc::pool_mismatch, "", {}, false});
  w.step(a, received{link, packet_kind::refusal, std::string_view{bytes}.substr(1)});
  REQUIRE(a.refusals.size() == 1);
  CHECK(a.refusals[0].message == rollcall::describe(rollcall::errc::pool_mismatch));
  CHECK(b.refusals.empty());
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
  o.seeds = {{"seed", 1}};
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
  CHECK(std::any_of(peers.begin(), peers.end(), [](auto& p) { return p.address == "seed:1"; }));
}

TEST_CASE("whatever breaks, the mesh is full again when it has stopped breaking") {
  for (std::uint64_t seed = 1; seed <= 300; ++seed) {
    INFO("seed " << seed);
    world w{seed};
    const auto n = 2 + w.pick(6);
    std::vector<std::vector<std::size_t>> seeds(n);
    std::vector<life*> at(n);
    std::vector<std::string> names(n);
    for (std::size_t i = 0; i < n; ++i) {
      // names in any order, seeds in any connected graph
      names[i] = std::string{static_cast<char>('a' + w.pick(26))} + std::to_string(i);
      if (i > 0) seeds[i].push_back(w.pick(i));
      while (w.pick(3) == 0) seeds[i].push_back(w.pick(n));
    }
    auto start = [&](std::size_t i) { at[i] = &w.start(names[i], i, seeds[i]); };
    for (std::size_t i = 0; i < n; ++i) {
      start(i);
      if (w.pick(2) == 0) w.run(millis{w.pick(3000)});
    }
    for (int i = 0; i < 30; ++i) {
      const auto k = w.pick(n);
      const auto other = w.pick(n);
      switch (w.pick(9)) {
      case 0:
        if (at[k]->alive) w.kill(*at[k]);
        break;
      case 1:
        if (at[k]->alive) w.power_off(*at[k]);
        break;
      case 2:
        if (at[k]->alive) w.leave(*at[k]);
        w.run(500ms);
        break;
      case 3:
        if (!at[k]->alive) start(k);
        break;
      case 4:
        w.cut(k, other);
        if (w.pick(2) == 0) w.cut(other, k);
        break;
      case 5:
        w.heal();
        break;
      case 6:
        w.break_connections(static_cast<unsigned>(w.pick(101)));
        break;
      case 7:
        if (at[k]->paused)
          w.resume(*at[k]);
        else
          w.pause(*at[k]);
        break;
      default:
        break;
      }
      w.run(millis{w.pick(w.pick(4) == 0 ? 20'000 : 500)});
    }
    w.heal();
    for (std::size_t i = 0; i < n; ++i) {
      if (at[i]->paused) w.resume(*at[i]);
      w.run(200ms);
      if (!at[i]->alive) start(i);
    }
    const bool healed = w.run_until([&] { return w.full_mesh() && w.living().size() == n; }, 60s);
    CHECK(w.broken == "");
    INFO(w.describe());
    REQUIRE(healed);
    // and stays so
    std::size_t downs = 0;
    for (auto* x : at) downs += x->downs.size();
    w.run(20s);
    for (auto* x : at) downs -= x->downs.size();
    CHECK(w.full_mesh());
    CHECK(downs == 0);
  }
}

TEST_CASE("there are never two of one name when all is quiet") {
  for (std::uint64_t seed = 1; seed <= 200; ++seed) {
    INFO("seed " << seed);
    world w{seed};
    const auto n = 3 + w.pick(4);
    for (std::size_t i = 0; i < n; ++i) {
      const auto name = std::string{static_cast<char>('a' + w.pick(3))};
      // all have the first as seed too: who ends leaves nobody alone
      w.start(name, i,
              i == 0 ? std::vector<std::size_t>{} : std::vector<std::size_t>{0, w.pick(i)});
      if (w.pick(2) == 0) w.run(millis{w.pick(4000)});
      if (w.pick(4) == 0) w.cut(w.pick(n), w.pick(n));
      if (w.pick(8) == 0) w.break_connections(50);
    }
    w.heal();
    w.run(120s);
    CHECK(w.broken == "");
    INFO(w.describe());
    std::set<std::string> linked;
    for (auto* x : w.living())
      if (!x->links.empty()) CHECK(linked.insert(x->config.node).second);
  }
}

TEST_CASE("any bytes from anybody do no harm") {
  world w{17};
  auto& a = w.start("a", 0, {});
  w.start("b", 1, {0});
  REQUIRE(w.run_until([&] { return w.full_mesh(); }, 1s));
  const auto kinds = {packet_kind::hello,   packet_kind::welcome, packet_kind::update,
                      packet_kind::refusal, packet_kind::ping,    packet_kind::pong,
                      packet_kind::bye,     packet_kind::frame,   packet_kind::unknown};
  hello h;
  h.cluster = "test";
  h.node = "c";
  h.address = "nonsense";
  h.members = {{"a", "1:1"}, {"d", ""}, {"", "x:1"}, {"e", "10.0.0.9:1"}};
  const auto good = encode(h);
  for (int i = 0; i < 20'000; ++i) {
    auto bytes = w.pick(2) == 0 ? good : std::string(w.pick(64), '\0');
    for (auto n = w.pick(4); n > 0 && !bytes.empty(); --n)
      bytes[w.pick(bytes.size())] = static_cast<char>(w.pick(256));
    const auto kind = *(kinds.begin() + static_cast<std::ptrdiff_t>(w.pick(kinds.size())));
    w.step(a, received{1000 + w.pick(5), kind, bytes});
    REQUIRE(w.broken == "");
  }
}

TEST_CASE("a hello over the channel of a link that only the other side gave up is welcomed there") {
  // Found with real processes: a node suspended for longer than the others'
  // silence forgot the channel first, lost its own welcome with it, and was
  // greeted again 4 s later only.
  options config;
  config.cluster = "test";
  config.node = "a";
  config.inc = {1, 1};
  config.address = "10.0.0.0:1";
  membership a{config, 1000ms};
  hello b;
  b.cluster = "test";
  b.node = "b";
  b.inc = {2, 2};
  b.address = "10.0.0.1:1";
  for (auto life : {"first", "the link was lost at b only", "b is called c now"}) {
    INFO(life);
    if (life == std::string{"b is called c now"}) b.node = "c";
    const auto bytes = encode(b);
    const auto todo = a.step(received{7, packet_kind::hello, bytes}, 2000ms);
    CHECK(a.link_to(b.node) == 7);
    bool welcomed = false;
    for (const auto& one : todo) {
      CHECK_FALSE(std::holds_alternative<forget>(one));
      if (const auto* x = std::get_if<mesh::send>(&one))
        welcomed = welcomed || (x->to == 7 && open_packet(x->bytes).kind == packet_kind::welcome);
    }
    CHECK(welcomed);
  }
}
