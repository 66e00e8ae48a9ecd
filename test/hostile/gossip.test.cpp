// What a member does with the frames of the gossip: lies about others, and work.
#include "cluster/wire/envelope.hpp"
#include "cluster/wire/packet.hpp"
#include "test/catch.hpp"
#include "test/cluster/wire/samples.hpp"
#include "test/hostile/honest.hpp"
#include "test/hostile/member.hpp"

#include <boost/json/array.hpp>

using namespace rollcall;
using namespace rollcall::cluster;
using namespace rollcall::test;
using namespace std::chrono_literals;

namespace {

/// The life that a node sees another one in.
replica_id life_of(node& seen_by, const std::string& name) {
  const auto answer = seen_by.ask(R"({"op":"replicas"})");
  for (const auto& x : answer.at("replicas").as_array()) {
    const auto& replica = x.as_object();
    if (text(replica, "name") != name) continue;
    // "<start in µs>-<salt in hexadecimal>"
    const auto inc = text(replica, "incarnation");
    const auto dash = inc.find('-');
    if (dash == std::string::npos) return {name, {}};
    return {name,
            {std::stoull(inc.substr(0, dash)), std::stoull(inc.substr(dash + 1), nullptr, 16)}};
  }
  return {name, {}};
}

frame beat(const replica_id& from, crdt::clock_value clock = 1) {
  frame f;
  f.from = from;
  f.clocks = {{from, clock}};
  return f;
}

frame with_range(const replica_id& from, const replica_id& slice, crdt::range r) {
  auto f = beat(from);
  f.clocks.push_back({slice, r.b});
  f.deltas.push_back({slice, std::move(r)});
  return f;
}

} // namespace

TEST_CASE("a bye and a heartbeat in the name of another node hide nothing") {
  honest_cluster honest;
  const auto b = life_of(honest.a(), "b");
  REQUIRE(b.inc.start_us != 0);
  member evil{honest.a().address(), {}};
  REQUIRE(evil.join());
  honest.load("forged bye and incarnation", 20, [&](int i) {
    auto bye = beat(b);
    bye.kind = frame_kind::bye;
    evil.gossip(bye);
    auto later = b;
    later.inc.start_us += static_cast<std::uint64_t>(i) + 1;
    evil.gossip(beat(later));
    later.inc.start_us += std::uint64_t{1'000'000} * 86'400 * 365;
    evil.gossip(beat(later));
    evil.serve(5ms);
  });
  honest.must_be_whole();
}

TEST_CASE("a range over all clocks of another's slice hides nothing") {
  honest_cluster honest;
  const auto b = life_of(honest.a(), "b");
  REQUIRE(b.inc.start_us != 0);
  member evil{honest.a().address(), {}};
  REQUIRE(evil.join());
  honest.load("(0, 2^64-1] for another", 20, [&](int i) {
    crdt::range r;
    r.b = i % 2 == 0 ? ~std::uint64_t{0} : 1000;
    evil.gossip(with_range(evil.replica(), b, r));
    evil.gossip(with_range(b, b, r));
    frame state = with_range(evil.replica(), b, r);
    state.kind = frame_kind::state;
    state.at = answer_position{{evil.replica(), 1}, 0, true};
    evil.gossip(state);
    evil.serve(5ms);
  });
  honest.must_be_whole();
}

TEST_CASE("20,000 pulls that nobody reads the answers of take bounded memory") {
  honest_cluster honest;
  honest.a().ask(R"({"op":"track_many","as":"some","topic":"many","keys":[0,20000]})");
  REQUIRE(eventually([&] { return honest.b().count("many") == 20'000; }));
  member evil{honest.a().address(), {}};
  REQUIRE(evil.join());
  frame pull = beat(evil.replica());
  pull.kind = frame_kind::pull;
  honest.load("20,000 pulls", 20, [&](int) {
    for (int k = 0; k < 1000 && evil.gossip(pull); ++k) {
    }
  });
  honest.must_be_whole();
}

TEST_CASE("thousands of deaths and births of one identity cost no node its peers") {
  honest_cluster honest;
  member evil{honest.a().address(), {}};
  REQUIRE(evil.join());
  text_pool texts;
  const auto meta = texts(rollcall::meta{});
  crdt::range births;
  births.b = 65'536;
  for (std::uint64_t dot = 1; dot <= 20'000; ++dot)
    births.adds.emplace_back(dot, "hall", "one", 7, meta);
  crdt::range deaths;
  deaths.a = 10'000'000;
  deaths.b = 10'000'001;
  for (std::uint64_t dot = 100'000; dot < 4'000'000; dot += 8) deaths.dead.push_back(dot);
  honest.load("deaths and births", 10, [&](int i) {
    auto& todo = i % 2 == 0 ? births : deaths;
    evil.gossip(with_range(evil.replica(), evil.replica(), todo));
    evil.serve(5ms);
  });
  honest.must_be_whole();
}

TEST_CASE("random and damaged frames are dropped, and end nobody") {
  honest_cluster honest;
  member evil{honest.a().address(), {}};
  REQUIRE(evil.join());
  text_pool texts;
  const auto good = encode(everything(texts));
  std::uint64_t random = 88172645463325252ull;
  const auto next = [&random] {
    random ^= random << 13;
    random ^= random >> 7;
    return random ^= random << 17;
  };
  honest.load("damaged frames", 20, [&](int) {
    for (int k = 0; k < 100; ++k) {
      auto bytes = good;
      for (auto n = next() % 8 + 1; n > 0; --n)
        bytes[next() % bytes.size()] = static_cast<char>(next());
      evil.say(pack(packet_kind::frame, bytes));
      evil.say(pack(packet_kind::frame, encode(envelope{"lobby", 0, bytes})));
    }
    evil.serve(1ms);
  });
  honest.must_be_whole();
}

TEST_CASE("a member that reads nothing costs bounded memory") {
  honest_cluster honest;
  member evil{honest.a().address(), {}};
  REQUIRE(evil.join());
  const std::string meta = R"({"text":")" + std::string(2000, 'x') + "\"}";
  honest.load("a link that is not read", 10, [&](int i) {
    for (int k = 0; k < 20; ++k)
      honest.a().track("some", "large", std::to_string(i) + "-" + std::to_string(k), meta);
  });
  honest.must_be_whole();
}
