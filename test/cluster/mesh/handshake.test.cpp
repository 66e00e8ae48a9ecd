// What one machine says to the first words of others: who is refused and why,
// and what it makes of addresses at which somebody else answers.
#include "cluster/mesh/membership.hpp"
#include "test/catch.hpp"

#include <algorithm>

using namespace rollcall;
using namespace rollcall::cluster;
using namespace rollcall::cluster::mesh;
using namespace std::chrono_literals;

namespace {

options of_m() {
  options x;
  x.cluster = "test";
  x.node = "m";
  x.inc = {10, 10};
  x.address = "10.0.0.0:1";
  return x;
}

/// Node m, and the others by what they say.
struct m {
  explicit m(options x = of_m()) : machine(std::move(x), now) {}

  actions hears(channel_id channel, packet_kind kind, const hello& x) {
    const auto bytes = encode(x);
    return machine.step(received{channel, kind, bytes}, now);
  }
  actions hears(channel_id channel, const refusal& x) {
    const auto bytes = pack_refusal(x);
    return machine.step(received{channel, packet_kind::refusal, open_packet(bytes).body}, now);
  }
  actions ticks(millis later) { return machine.step(tick{}, now += later); }
  /// Ticks until it dials.
  mesh::dial dials();

  instant now = 1000ms;
  membership machine;
};

hello node(const std::string& name, std::uint64_t life = 20) {
  hello x;
  x.cluster = "test";
  x.node = name;
  x.inc = {life, life};
  x.address = "10.0.0." + std::to_string(name[0]) + ":1";
  return x;
}

template <class T>
const T* find(const actions& all) {
  for (const auto& x : all)
    if (const auto* y = std::get_if<T>(&x)) return y;
  return nullptr;
}

std::optional<refusal> refusal_in(const actions& all) {
  for (const auto& x : all)
    if (const auto* y = std::get_if<mesh::send>(&x))
      if (const auto p = open_packet(y->bytes); p.kind == packet_kind::refusal)
        return read_refusal(p.body);
  return std::nullopt;
}

bool contains(const std::string& text, std::string_view part) {
  return text.find(part) != std::string::npos;
}

mesh::dial m::dials() {
  for (int i = 0; i < 600; ++i)
    if (const auto todo = ticks(100ms); const auto* x = find<mesh::dial>(todo)) return *x;
  return {0, {}};
}

} // namespace

TEST_CASE("a node with which we share no version is told so, and which one to upgrade") {
  m a;
  auto b = node("b");
  b.version = 200;
  b.version_min = 150;
  const auto todo = a.hears(7, packet_kind::hello, b);
  const auto why = refusal_in(todo);
  REQUIRE(why);
  CHECK(why->code == errc::version_mismatch);
  CHECK(contains(why->message, "b is version 150 to 200"));
  CHECK(contains(why->message, "upgrade the older one"));
  REQUIRE(find<refused>(todo) != nullptr);
  CHECK(find<refused>(todo)->node == "b");
  CHECK(a.machine.links() == 0);
  CHECK(a.machine.stats().refused == 1);
  b.version_min = wire_version; // newer, and understands us
  CHECK(find<up>(a.hears(7, packet_kind::hello, b)) != nullptr);
}

TEST_CASE("a namesake that greets ends a node without links only, whatever age it claims") {
  m a;
  auto other = node("m", 5);
  SECTION("with links of its own, a node without links has lost the name to it") {
    other.inc = {50, 50};
    other.members = {{"b", "10.0.0.98:1"}};
    const auto todo = a.hears(7, packet_kind::hello, other);
    CHECK(find<name_lost>(todo) != nullptr);
    REQUIRE(find<fatal>(todo) != nullptr);
    CHECK(find<fatal>(todo)->code == errc::name_in_use);
    CHECK(a.machine.ended());
  }
  SECTION("without links on either side the older one keeps it") {
    CHECK(find<fatal>(a.hears(7, packet_kind::hello, other)) != nullptr);
  }
  SECTION("the younger of them is refused") {
    other.inc = {50, 50};
    const auto todo = a.hears(7, packet_kind::hello, other);
    CHECK(find<fatal>(todo) == nullptr);
    CHECK(refusal_in(todo)->code == errc::name_in_use);
    CHECK(refusal_in(todo)->incumbent == incarnation{10, 10});
    CHECK_FALSE(refusal_in(todo)->has_links);
  }
  SECTION("a node with a link goes on, however old the other says it is") {
    a.hears(1, packet_kind::hello, node("b"));
    other.members = {{"c", "10.0.0.99:1"}, {"d", "10.0.0.100:1"}};
    const auto todo = a.hears(7, packet_kind::hello, other);
    CHECK(find<fatal>(todo) == nullptr);
    CHECK(find<name_lost>(todo) == nullptr);
    CHECK(refusal_in(todo)->has_links);
    CHECK(a.machine.link_to("b") == 1);
  }
}

TEST_CASE("a life that claims to be older, and to have links, takes no name from one that answers "
          "unless a peer vouches for it") {
  m a;
  a.hears(1, packet_kind::hello, node("b"));
  a.hears(2, packet_kind::hello, node("x", 30));
  auto older = node("x", 5);
  older.address = "10.0.0.77:1";
  older.members = {{"b", "10.0.0.98:1"}};
  auto todo = a.hears(7, packet_kind::hello, older);
  const auto sent = [&todo](packet_kind kind, channel_id to) -> std::optional<std::string> {
    for (const auto& one : todo)
      if (const auto* x = std::get_if<mesh::send>(&one);
          x != nullptr && x->to == to && open_packet(x->bytes).kind == kind)
        return x->bytes;
    return {};
  };
  const auto ping = sent(packet_kind::ping, 2);
  REQUIRE(ping.has_value());
  REQUIRE(sent(packet_kind::ask_life, 1).has_value());
  CHECK_FALSE(sent(packet_kind::ask_life, 2).has_value()); // not the one in question
  const auto pong = pack_number(packet_kind::pong, *read_number(open_packet(*ping).body));
  todo = a.machine.step(received{2, packet_kind::pong, open_packet(pong).body}, a.now);
  CHECK(a.machine.link_to("x") == 2);
  SECTION("nobody does: it is refused") {
    for (int i = 0; i < 21 && !refusal_in(todo); ++i) todo = a.ticks(100ms);
    REQUIRE(refusal_in(todo).has_value());
    CHECK(refusal_in(todo)->code == errc::name_in_use);
    CHECK(a.machine.link_to("x") == 2);
  }
  SECTION("the claimant's own word is none") {
    const auto word = pack_life(packet_kind::vouch, {"x", {5, 5}});
    a.machine.step(received{7, packet_kind::vouch, open_packet(word).body}, a.now);
    CHECK(a.machine.link_to("x") == 2);
  }
  SECTION("a peer vouches for another life") {
    const auto word = pack_life(packet_kind::vouch, {"x", {6, 6}});
    a.machine.step(received{1, packet_kind::vouch, open_packet(word).body}, a.now);
    CHECK(a.machine.link_to("x") == 2);
  }
  SECTION("a peer vouches for it: the younger one gives way") {
    const auto word = pack_life(packet_kind::vouch, {"x", {5, 5}});
    todo = a.machine.step(received{1, packet_kind::vouch, open_packet(word).body}, a.now);
    CHECK(refusal_in(todo)->code == errc::name_in_use);
    CHECK(a.machine.link_to("x") == 7);
  }
}

TEST_CASE("a node vouches for the very life that it has a link with, and for no other") {
  m a;
  a.hears(1, packet_kind::hello, node("b"));
  a.hears(2, packet_kind::hello, node("x", 30));
  const auto asks = [&](incarnation inc, channel_id from = 1) {
    const auto bytes = pack_life(packet_kind::ask_life, {"x", inc});
    const auto todo =
        a.machine.step(received{from, packet_kind::ask_life, open_packet(bytes).body}, a.now);
    return find<mesh::send>(todo) != nullptr;
  };
  CHECK(asks({30, 30}));
  CHECK_FALSE(asks({29, 29}));
  CHECK_FALSE(asks({30, 30}, 2)); // itself
  CHECK_FALSE(asks({30, 30}, 9)); // a stranger
}

TEST_CASE("a node that greets itself by a way of its own finds out, whichever end hears first") {
  auto config = of_m();
  config.seeds = {address{"10.9.9.9", 1}};
  m a{config};
  const auto dialed = a.dials();
  REQUIRE(dialed.where == address{"10.9.9.9", 1});
  const auto greeted = a.machine.step(dial_done{dialed.id, 7}, a.now);
  REQUIRE(find<mesh::send>(greeted) != nullptr);
  actions todo;
  SECTION("the hello comes back over the channel that was dialed") {
    todo = a.hears(7, packet_kind::hello, node("m", 10));
    CHECK(refusal_in(todo)->self);
  }
  SECTION("it comes over another one, and our refusal over the one that was dialed") {
    todo = a.hears(8, packet_kind::hello, node("m", 10));
    CHECK(refusal_in(todo)->self);
    CHECK(a.machine.peers().size() == 1); // that alone says nothing of the seed
    todo = a.hears(7, {errc::none, "that is ourselves", {10, 10}, true});
  }
  CHECK(find<refused>(todo) == nullptr); // nothing that a user should mend
  CHECK(a.machine.peers().empty());
  const auto before = a.now;
  CHECK(a.dials().where == address{"10.9.9.9", 1}); // for ever: it may be another's next time
  CHECK(a.now - before >= 15s);
}

TEST_CASE("where another node answers than was looked for, that one is linked, and the other tried "
          "elsewhere") {
  m a;
  auto c = node("c");
  c.members = {{"z", "10.0.1.1:1"}};
  a.hears(1, packet_kind::hello, c);
  c.members = {{"z", "10.0.1.2:1"}};
  a.hears(1, packet_kind::update, c);
  const auto first = a.dials();
  REQUIRE(first.where == address{"10.0.1.1", 1});
  a.machine.step(dial_done{first.id, 7}, a.now);
  const auto todo = a.hears(7, packet_kind::welcome, node("d"));
  REQUIRE(find<up>(todo) != nullptr);
  CHECK(find<up>(todo)->node == "d");
  REQUIRE(find<refused>(todo) != nullptr);
  CHECK(find<refused>(todo)->node == "z");
  CHECK(contains(find<refused>(todo)->message, "at 10.0.1.1:1 is d"));
  a.machine.step(received{7, packet_kind::bye, {}}, a.now);
  CHECK(a.dials().where == address{"10.0.1.2", 1});
}

TEST_CASE("who is said to be where we are ourselves is tried elsewhere") {
  m a;
  auto c = node("c");
  c.members = {{"z", "10.9.9.9:1"}};
  a.hears(1, packet_kind::hello, c);
  c.members = {{"z", "10.0.1.2:1"}};
  a.hears(1, packet_kind::update, c);
  const auto first = a.dials();
  REQUIRE(first.where == address{"10.9.9.9", 1});
  const auto todo = a.machine.step(dial_self{first.id}, a.now);
  REQUIRE(find<refused>(todo) != nullptr);
  CHECK(contains(find<refused>(todo)->message, "10.9.9.9:1 is our own address"));
  CHECK(a.dials().where == address{"10.0.1.2", 1});
}

TEST_CASE("news in the name of another node than the link's are dropped and counted") {
  m a;
  a.hears(7, packet_kind::hello, node("b"));
  auto other = node("c");
  other.members = {{"d", "10.0.0.100:1"}};
  CHECK(a.hears(7, packet_kind::update, other).empty());
  CHECK(a.machine.stats().bad_packets == 1);
  CHECK(a.machine.peers().size() == 1); // d was not learnt
  CHECK(a.machine.link_to("b") == 7);
}

TEST_CASE(
    "what was told lately is remembered of boundedly many, and the longest ago is forgotten") {
  notice_limiter x{60s};
  instant now = 1s;
  const auto told = [&](int i, const char* what) {
    return x.news(std::to_string(i), what, now += 1ms);
  };
  for (int i = 0; i < 256; ++i) CHECK(told(i, "absent"));
  for (int i = 0; i < 256; ++i) CHECK_FALSE(told(i, "absent"));
  CHECK(told(0, "refused")); // another reason is news, and makes this one the latest
  CHECK(told(256, "absent"));
  CHECK_FALSE(told(0, "refused"));
  CHECK(told(1, "absent"));
}
