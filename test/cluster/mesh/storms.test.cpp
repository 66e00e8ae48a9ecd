// The mesh when much breaks at once, and when strangers talk to it.
#include "test/catch.hpp"
#include "test/cluster/mesh/world.hpp"

using namespace rollcall;
using namespace rollcall::cluster;
using namespace rollcall::cluster::mesh;
using namespace rollcall::cluster::mesh::test;
using namespace std::chrono_literals;

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

namespace {

/// The names of all that can be reached from there over links, itself too.
std::multiset<std::string> names_around(world& w, life& from) {
  std::map<std::string, life*> at;
  for (auto* x : w.living()) at[x->config.address] = x;
  std::set<life*> seen{&from};
  std::vector<life*> next{&from};
  while (!next.empty()) {
    auto* x = next.back();
    next.pop_back();
    for (const auto& p : x->machine->peers())
      if (p.state == peer_state::up && at.count(p.address) != 0
          && seen.insert(at[p.address]).second)
        next.push_back(at[p.address]);
  }
  std::multiset<std::string> result;
  for (auto* x : seen) result.insert(x->config.node);
  return result;
}

} // namespace

TEST_CASE("there are never two of one name in a cluster when all is quiet") {
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
    w.run(600s);
    CHECK(w.broken == "");
    INFO(w.describe());
    // Islands of which all have names of the other stay apart: nobody of the one
    // can have a link with anybody of the other, and so nobody vouches.
    std::set<std::string> all;
    for (auto* x : w.living()) {
      const auto names = names_around(w, *x);
      for (const auto& name : names) {
        CHECK(names.count(name) == 1);
        all.insert(name);
      }
      CHECK((x->lost_names.empty() || x->end));
    }
    CHECK(!all.empty());
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
