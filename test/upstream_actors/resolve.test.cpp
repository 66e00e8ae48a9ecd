// Tracked actors of other nodes: numbers, and a handle on demand.
#include "test/upstream_actors/nodes.hpp"

using namespace upstream;

TEST_CASE("an actor of another node is a number, and its handle is got on demand") {
  node a{"a", steady()}, b{"b", steady(), {a.address()}};
  auto remote = b.idle();
  REQUIRE(b.tracker().track(remote, "t", "bob"));
  REQUIRE(a.lists({"bob"}));
  const auto who = (*a.tracker().list("t").begin()).who();
  CHECK(who.replica.name == "b");
  CHECK(who.actor == remote.id());
  REQUIRE(a.linked("b"));
  auto got = a.tracker().resolve(who);
  if (!got) FAIL(rollcall::render(got.error()));
  const auto handle = caf::actor_cast<caf::actor>(*got);

  // It is that actor.
  CHECK(ask<std::int32_t>(a.system(), handle, std::int32_t{41}).value() == 41);

  // And it is not ours to track, by handle or by number.
  const auto& t = a.tracker();
  CHECK(code(t.track(handle, "t", "bob")) == errc::not_local);
  CHECK(code(t.update(handle, "t", "bob", meta{})) == errc::not_local);
  CHECK(code(t.untrack(handle, "t", "bob")) == errc::not_local);
  CHECK(code(t.untrack(handle)) == errc::not_local);
  CHECK(code(t.update(who, "t", "bob", meta{})) == errc::not_local);
  CHECK(code(t.untrack(who, "t", "bob")) == errc::not_local);
  CHECK(a.list() == names{"bob"});
  CHECK(b.list() == names{"bob"});

  // Who is tracked no more is not found any more.
  REQUIRE(b.tracker().untrack(remote));
  CHECK(code(a.tracker().resolve(who)) == errc::nopresence);
  auto nobody = who;
  nobody.replica.name = "nobody";
  const auto e = code(a.tracker().resolve(nobody));
  CHECK((e == errc::unreachable || e == errc::nopresence));
}
