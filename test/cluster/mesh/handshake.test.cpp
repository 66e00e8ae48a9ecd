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

TEST_CASE("a node that meets an older life of its name, with links, ends") {
  m a;
  auto older = node("m", 5);
  SECTION("one that knows nobody is a newcomer, and is refused itself") {
    const auto todo = a.hears(7, packet_kind::hello, older);
    CHECK(find<fatal>(todo) == nullptr);
    CHECK(refusal_in(todo)->code == errc::name_in_use);
    CHECK(refusal_in(todo)->incumbent == incarnation{10, 10});
  }
  SECTION("one that has links was there before us") {
    older.members = {{"b", "10.0.0.98:1"}};
    const auto todo = a.hears(7, packet_kind::hello, older);
    REQUIRE(find<fatal>(todo) != nullptr);
    CHECK(find<fatal>(todo)->code == errc::name_in_use);
    CHECK(a.machine.ended());
  }
}

TEST_CASE("a node that greets itself by a way of its own finds out, whichever end hears first") {
  auto config = of_m();
  config.seeds = {address{"proxy", 1}};
  m a{config};
  const auto dialed = a.dials();
  REQUIRE(dialed.where == address{"proxy", 1});
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
  CHECK(a.dials().id == 0);
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
  c.members = {{"z", "proxy:1"}};
  a.hears(1, packet_kind::hello, c);
  c.members = {{"z", "10.0.1.2:1"}};
  a.hears(1, packet_kind::update, c);
  const auto first = a.dials();
  REQUIRE(first.where == address{"proxy", 1});
  const auto todo = a.machine.step(dial_self{first.id}, a.now);
  REQUIRE(find<refused>(todo) != nullptr);
  CHECK(contains(find<refused>(todo)->message, "proxy:1 is our own address"));
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
