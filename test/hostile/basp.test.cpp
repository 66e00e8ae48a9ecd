// What a member does with CAF's own protocol.
#include "test/cluster/wire/basp.hpp"

#include "cluster/wire/packet.hpp"
#include "test/catch.hpp"
#include "test/hostile/honest.hpp"
#include "test/hostile/member.hpp"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <random>

using namespace rollcall;
using namespace rollcall::cluster;
using namespace rollcall::cluster::test;
using namespace rollcall::test;
using namespace std::chrono_literals;

namespace {

std::string to(std::uint64_t actor, const std::string& payload, basp_head x = {}) {
  x.operation = direct_message;
  x.dest = actor;
  return message(x, payload);
}

bool other_caf(const member& x) {
  if (x.speaks_our_caf()) return false;
  WARN("skipped: CAF " << x.there().caf << " writes its messages in another form");
  return true;
}

/// A message in a message in a message.
std::string nested(int depth) {
  std::string inner = std::string(2, '\0') + length(3) + "@<>";
  const std::string name = "@<>+@message";
  std::string outer;
  for (int i = 0; i < depth; ++i) outer += std::string(2, '\0') + length(name.size()) + name;
  return std::string(1, '\0') + outer + inner;
}

int from_environment(const char* name, int otherwise) {
  const auto* text = std::getenv(name);
  return text == nullptr ? otherwise : std::atoi(text);
}

} // namespace

TEST_CASE("a handshake of CAF without a payload ends no node") {
  honest_cluster honest;
  for (int i = 0; i < 5; ++i) {
    member evil{honest.a().address(), {}};
    REQUIRE(evil.preamble());
    evil.send(bytes_of({client_handshake}));
    CHECK(evil.is_closed(10s));
  }
  honest.load("handshake without payload", 10);
  honest.must_be_whole();
}

TEST_CASE("a header that announces gigabytes takes no memory") {
  honest_cluster honest;
  std::vector<std::unique_ptr<member>> held;
  for (std::uint8_t operation = 1; operation <= 5; ++operation) {
    for (const bool greeted : {false, true}) {
      auto evil = std::make_unique<member>(honest.a().address(), member::identity{});
      REQUIRE((greeted ? evil->greet() : evil->preamble()));
      evil->send(bytes_of({operation, 0, 1'500'000'000, 0, 1, evil->there().endpoint}));
      evil->send(std::string(10'000, 'x'));
      held.push_back(std::move(evil));
    }
  }
  honest.load("1.5 GB announced", 10);
  honest.must_be_whole();
  for (auto& x : held) CHECK(x->is_closed(10s));
}

TEST_CASE("messages that no node of ours sends do not reach CAF, and end nobody") {
  honest_cluster honest;
  member evil{honest.a().address(), {}};
  REQUIRE(evil.greet());
  if (other_caf(evil)) return;
  evil.say(evil.hello()); // else it is cut on a busy machine, since it makes no link in time
  const auto endpoint = evil.there().endpoint;
  const auto kill = typed("@exit") + big_endian(0, 8) + big_endian(0, 8) + std::string(20, '\1');
  const auto link = typed("@atom+@strong_actor_ptr") + big_endian(0, 8) + big_endian(endpoint, 8)
                    + evil.there().node_id;
  // "SpawnServ" and "ConfigServ" are numbers that CAF makes of their letters.
  for (std::uint64_t name = 1; name < 200; ++name)
    evil.send(to(name * 0x9e3779b97f4a7c15, typed("@atom+@str") + "x", {.flags = 1, .source = 3}));
  for (std::uint64_t actor = 1; actor < 300; ++actor) {
    evil.send(to(actor, kill, {.source = 3}));
    evil.send(to(actor, link, {.source = 3}));
    evil.send(to(actor, nested(30'000), {.source = 3}));
    // Into the queues of streams.
    for (std::uint64_t queue = 2; queue < 4; ++queue)
      for (const auto* types : {"", "@downstream_msg", "@str"})
        evil.send(
            to(actor, typed(types) + std::string(1, '\0'), {.data = queue << 60, .source = 3}));
    evil.send(
        message({monitor_message, 0, 0, 0, 0, actor}, evil.own_node_id() + evil.there().node_id));
    if (actor % 20 == 0) evil.serve(1ms); // it answers pings
  }
  evil.send(message({routed_message, 0, 0, 0, 3, endpoint},
                    evil.own_node_id() + evil.there().node_id + text_message("x")));
  honest.load("kill, link, nested, spawn and routed messages", 20, [&](int) { evil.serve(1ms); });
  honest.must_be_whole();
  // It has not been cut for it: honest nodes ask for the spawn server too.
  CHECK_FALSE(evil.is_closed(0s));
}

TEST_CASE("a million senders on one connection take bounded memory") {
  honest_cluster honest;
  member evil{honest.a().address(), {}};
  REQUIRE(evil.join());
  const auto packet = text_message(pack(packet_kind::unknown));
  std::string many;
  honest.load("200,000 senders", 20, [&](int i) {
    many.clear();
    for (std::uint64_t k = 0; k < 10'000; ++k)
      many += to(evil.there().endpoint, packet,
                 {.source = static_cast<std::uint64_t>(i) * 10'000 + k + 10});
    evil.send(many);
    evil.serve(1ms);
  });
  honest.must_be_whole();
}

TEST_CASE("fuzz: mutated headers and payloads of CAF's protocol end no node") {
  const int connections = from_environment("ROLLCALL_HOSTILE_CONNECTIONS", 300);
  const auto seed = static_cast<std::uint64_t>(from_environment("ROLLCALL_HOSTILE_SEED", 1));
  std::printf("fuzz: %d connections, seed %llu\n", connections,
              static_cast<unsigned long long>(seed));
  std::mt19937_64 random{seed};
  honest_cluster honest;
  int greeted = 0;
  const auto one = [&] {
    member evil{honest.a().address(), {.name = "evil" + std::to_string(random() % 20)}};
    if (!(random() % 4 == 0 ? evil.preamble() : evil.greet())) return;
    ++greeted;
    const auto endpoint = evil.there().endpoint;
    const auto other = evil.there().node_id + evil.own_node_id();
    const std::vector<std::string> seeds{
        message({client_handshake, 2}, evil.own_node_id()),
        bytes_of({heartbeat}),
        to(endpoint, text_message(evil.hello())),
        to(endpoint, text_message(pack_number(packet_kind::ping, 1)), {.source = 1}),
        to(endpoint, typed("@strong_actor_ptr") + big_endian(1, 8) + evil.own_node_id()),
        to(endpoint,
           typed("@str+@u64+@u64+@u64") + length(5) + "lobby" + big_endian(3, 8) + big_endian(1, 8)
               + big_endian(1, 8),
           {.data = 5, .source = 1}),
        to(random() % 100, typed("@i32+@str") + "abcdefgh", {.source = 2}),
        message({monitor_message, 0, 0, 0, 0, endpoint}, evil.own_node_id() + evil.there().node_id),
        message({down_message, 0, 0, 0, 2, 0}, evil.own_node_id() + evil.there().node_id + "why"),
        message({routed_message, 0, 0, 0, 2, endpoint}, other + text_message("x")),
    };
    std::string bytes;
    for (auto n = 1 + random() % 8; n > 0; --n) {
      auto x = seeds[random() % seeds.size()];
      for (auto m = random() % 5; m > 0; --m) {
        const auto at = random() % x.size();
        switch (random() % 4) {
        case 0:
          x[at] = static_cast<char>(random());
          break;
        case 1:
          x[at] = static_cast<char>(x[at] ^ (1 << (random() % 8)));
          break;
        case 2:
          x.insert(at, std::string(1 + random() % 4, static_cast<char>(random())));
          break;
        default:
          x.erase(at, 1 + random() % 4);
          if (x.empty()) x.push_back('x');
          break;
        }
      }
      // As often as not the length in the header is right.
      if (random() % 2 == 0 && x.size() >= 32) x.replace(4, 4, big_endian(x.size() - 32, 4));
      bytes += x;
    }
    evil.send(bytes);
    if (random() % 8 == 0) evil.serve(2ms);
  };
  const int joins = std::clamp(connections / 20, 10, 500);
  honest.load("fuzz", joins, [&](int) {
    for (int i = 0; i < connections / joins; ++i) one();
  });
  CHECK(greeted > connections / 2);
  honest.must_be_whole();
}
