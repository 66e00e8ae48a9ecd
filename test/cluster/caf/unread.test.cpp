// A peer that says it lives, and reads nothing.
#include "cluster/wire/packet.hpp"
#include "test/catch.hpp"
#include "test/cluster/caf/node.hpp"
#include "test/hostile/member.hpp"

using namespace rollcall;
using namespace rollcall::cluster;
using namespace rollcall::cluster::test;
using namespace std::chrono_literals;

TEST_CASE("a link is cut when more than max_write_queue waits for its peer, though that talks") {
  constexpr std::size_t bound = 1'000'000;
  node a{"a", {}, [](endpoint_config& c) {
           c.cluster = "rollcall";
           c.links.limits.max_write_queue = bound;
         }};
  rollcall::test::member evil{a.address(), {.small_buffer = true}};
  if (!evil.greet()) FAIL("no greeting");
  if (!evil.speaks_our_caf()) {
    WARN("skipped: CAF " << evil.there().caf << " writes its messages in another form");
    return;
  }
  evil.say(evil.hello());
  REQUIRE(a.wait_links({"evil"}));
  const std::string much(100'000, 'x');
  // Beside the bound, the systems at both ends take some megabytes.
  std::uint64_t said = 0;
  for (int i = 0; i < 400 && !a.seen().copy().links.empty(); ++i) {
    a.send("evil", much);
    evil.say(pack_number(packet_kind::ping, ++said)); // so it is not cut for silence
    std::this_thread::sleep_for(5ms);
  }
  CHECK(a.wait_links({}));
  CHECK(a.wait_refusal(errc::limit_reached, "it does not read: more than 1000000 bytes"));
  CHECK(evil.is_closed(20s));
  // Others are served as before.
  node b{"b", {a.address()}, [](endpoint_config& c) { c.cluster = "rollcall"; }};
  CHECK(a.wait_links({"b"}));
}
