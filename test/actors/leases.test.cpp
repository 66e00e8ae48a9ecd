#include "actors/shard_messages.hpp"
#include "test/actors/fabric.hpp"

#include <chrono>

using namespace fixture;

namespace {

rollcall::tracker_options pool_of(std::size_t size) {
  rollcall::tracker_options x;
  x.pool_size = size;
  return x;
}

} // namespace

TEST_CASE("a lease is present until it is not renewed for its ttl") {
  test_system s;
  notes heard;
  auto t = s.started({}, scripted_handler({.diff = [&](auto&, auto& d) { heard.add(brief(d)); }}));
  const auto l = t.track_lease("room", "sensor", {{"n", 1}}, 300ms);
  REQUIRE(l);
  const auto seen = (*t.list("room").begin()).to_presence();
  CHECK(seen.ref == l->ref);
  CHECK(seen.who.actor == l->lease.number);
  CHECK(rollcall::is_lease(seen.who));
  // As long as it is renewed, for more than three times its ttl.
  for (int i = 0; i < 20; ++i) {
    std::this_thread::sleep_for(50ms);
    if (t.renew(l->lease)) continue;
    WARN("the machine is too busy to renew every 50 ms");
    return;
  }
  CHECK(t.count("room") == 1);
  CHECK(eventually([&] { return t.count("room") == 0; }));
  CHECK(code(t.renew(l->lease)) == errc::no_such_lease);
  CHECK(heard.get() == std::vector<std::string>{"+sensor", "-sensor"});
}

TEST_CASE("many leases are renewed in one message, and those that have ended are named") {
  const auto size = GENERATE(as<std::size_t>{}, 1, 4);
  test_system s;
  auto t = s.started(pool_of(size));
  std::vector<rollcall::lease> all;
  for (int i = 0; i < 100; ++i) {
    const auto l = t.track_lease("room " + std::to_string(i), "x", {}, 1min);
    REQUIRE(l);
    all.push_back(l->lease);
  }
  REQUIRE(t.untrack(all[42]));
  auto forged = all[1];
  forged.token ^= 1;
  auto foreign = all[2];
  foreign.shard = 4711;
  all.push_back(forged);
  all.push_back(foreign);
  const auto by_value = t.renew(all);
  REQUIRE(by_value);
  CHECK(by_value->renewed == 99);
  CHECK(by_value->missing.size() == 3);
  for (const auto& gone : {all[42], forged, foreign})
    CHECK(std::count(by_value->missing.begin(), by_value->missing.end(), gone) == 1);
  const auto by_message =
      ask<rollcall::renew_reply>(s.get(), t.as_actor(), rollcall::renew_msg{all, 0});
  REQUIRE(by_message);
  CHECK(by_message->renewed == 99);
  CHECK(by_message->missing.size() == 3);
}

TEST_CASE("a lease is updated, looked up and untracked by its name") {
  const auto size = GENERATE(as<std::size_t>{}, 1, 4);
  test_system s;
  auto t = s.started(pool_of(size));
  const auto l = t.track_lease("room", "sensor", {{"n", 1}}, 1min);
  REQUIRE(l);
  const auto updated = t.update(l->lease, {{"n", 2}});
  REQUIRE(updated);
  CHECK(updated->prev_ref == l->ref);
  const auto found = t.find(l->lease);
  REQUIRE(found);
  CHECK(found->topic == "room");
  CHECK(found->key == "sensor");
  CHECK(found->meta == meta{{"n", 2}});
  REQUIRE(t.untrack(l->lease));
  CHECK(t.count("room") == 0);
  CHECK(t.untrack(l->lease)); // idempotent
  CHECK(code(t.update(l->lease, {})) == errc::no_such_lease);
  CHECK(code(t.find(l->lease)) == errc::no_such_lease);
  CHECK(code(t.renew(l->lease)) == errc::no_such_lease);
}

TEST_CASE("a lease does by message what it does by call") {
  test_system s;
  auto t = s.started(pool_of(4));
  const auto to = t.as_actor();
  const auto l = ask<rollcall::lease_reply>(
      s.get(), to, rollcall::track_lease_msg{"room", "sensor", {}, 60'000});
  REQUIRE(l);
  CHECK(ask<rollcall::update_reply>(s.get(), to, rollcall::update_lease_msg{l->lease, {{"n", 2}}}));
  const auto found =
      ask<rollcall::presences_reply>(s.get(), to, rollcall::find_lease_msg{l->lease});
  REQUIRE(found);
  REQUIRE(found->presences.size() == 1);
  CHECK(found->presences[0].meta == meta{{"n", 2}});
  CHECK(tell(s.get(), to, rollcall::untrack_lease_msg{l->lease}) == errc::none);
  CHECK(t.count("room") == 0);
  CHECK(code(ask<rollcall::presences_reply>(s.get(), to, rollcall::find_lease_msg{l->lease}))
        == errc::no_such_lease);
}

TEST_CASE("the presence of a lease can be changed by number as any other") {
  test_system s;
  auto t = s.started();
  const auto l = t.track_lease("room", "sensor", {}, 1min);
  REQUIRE(l);
  const auto who = (*t.list("room").begin()).to_presence().who;
  CHECK(t.update(who, "room", "sensor", {{"n", 2}}));
  REQUIRE(t.untrack(who, "room", "sensor"));
  CHECK(code(t.renew(l->lease)) == errc::no_such_lease);
}

TEST_CASE("a ttl that is no ttl is refused with a clear error") {
  test_system s;
  auto t = s.started();
  const auto ttl = GENERATE(as<rollcall::millis>{}, 0ms, -1ms, 99ms, 24h * 32, 24h * 3650);
  CHECK(code(t.track_lease("room", "x", {}, ttl)) == errc::bad_lease);
  CHECK(t.count("room") == 0);
  const auto l = t.track_lease("room", "x", {}, 1min);
  REQUIRE(l);
  CHECK(code(t.renew(l->lease, ttl)) == errc::bad_lease);
  CHECK(code(ask<rollcall::lease_reply>(
            s.get(), t.as_actor(),
            rollcall::track_lease_msg{"room", "y", {}, static_cast<std::uint64_t>(ttl.count())}))
        == errc::bad_lease);
}

TEST_CASE("what cannot be tracked by an actor cannot be by a lease either") {
  test_system s;
  auto options = pool_of(1);
  options.limits.max_leases = 2;
  auto t = s.started(options);
  CHECK(code(t.track_lease("", "x", {}, 1min)) == errc::bad_topic);
  CHECK(code(t.track_lease("room", "", {}, 1min)) == errc::bad_key);
  CHECK(code(t.track_lease("room", "x", {{"x", std::string(70'000, 'x')}}, 1min))
        == errc::too_large);
  // Two leases of one key are two presences.
  CHECK(t.track_lease("room", "x", {}, 1min));
  CHECK(t.track_lease("room", "x", {}, 1min));
  CHECK(code(t.track_lease("room", "x", {}, 1min)) == errc::limit_reached);
  CHECK(t.count("room") == 2);
}

TEST_CASE("a shard that died gets its leases back, which can be renewed and end") {
  test_system s;
  auto t = s.started();
  const auto kept = t.track_lease("room", "kept", {{"n", 1}}, 1min);
  const auto ends = t.track_lease("room", "ends", {}, 2s);
  REQUIRE(kept);
  REQUIRE(ends);
  const auto life = t.replicas()->front().id;
  rollcall::compat::anon_send(
      caf::actor_cast<rollcall::actors::inner_shard>(t.shard(0)),
      rollcall::actors::call_msg{[](void*) { throw std::runtime_error("crash"); }});
  CHECK(eventually([&] {
    const auto now = t.replicas();
    return now && now->front().id.inc > life.inc;
  }));
  CHECK(t.renew(kept->lease));
  const auto found = t.find(kept->lease);
  REQUIRE(found);
  CHECK(found->ref == kept->ref);
  CHECK(eventually([&] { return keys(t.list("room")) == "kept"; }));
}

TEST_CASE("a lease is seen on other nodes, and its end is") {
  two_nodes net;
  auto &a = net.a, &b = net.b;
  auto actor = net.sa.idle();
  REQUIRE(a.track(actor, "room", "ada"));
  const auto l = a.track_lease("room", "sensor", {}, 1min);
  REQUIRE(l);
  CHECK(eventually([&] { return b.count("room") == 2; }));
  const auto seen = b.get_by_key("room", "sensor").to_vector();
  REQUIRE(seen.size() == 1);
  CHECK(seen[0].who.actor == l->lease.number);
  // It is of a: another node has no such lease.
  CHECK(code(b.renew(l->lease)) == errc::no_such_lease);
  REQUIRE(a.renew(l->lease, 100ms));
  CHECK(eventually([&] { return keys(b.list("room")) == "ada"; }));
}

TEST_CASE("a lease that ends while its node drains stays shown, and cannot be renewed") {
  two_nodes net;
  auto &a = net.a, &b = net.b;
  const auto kept = a.track_lease("room", "kept", {}, 1min);
  const auto short_one = a.track_lease("room", "short", {}, 1min);
  const auto moved = a.track_lease("room", "moved", {}, 1min);
  REQUIRE(kept);
  REQUIRE(short_one);
  REQUIRE(moved);
  CHECK(eventually([&] { return b.count("room") == 3; }));
  REQUIRE(a.drain(50s));
  CHECK(code(a.track_lease("room", "new", {}, 1min)) == errc::draining);
  // Renewed while it drains, also for less: both end long before the drain does.
  REQUIRE(a.renew(kept->lease));
  auto here = net.sb.idle();
  CHECK(eventually([&] { // heard of as soon as a join takes it over
    const auto joined = b.track(here, "room", "moved");
    if (b.count("room") == 3) return true;
    (void)b.untrack(here);
    return false;
  }));
  REQUIRE(a.renew(short_one->lease, 100ms));
  REQUIRE(a.renew(moved->lease, 100ms));
  CHECK(eventually([&] { return code(a.find(short_one->lease)) == errc::no_such_lease; }));
  CHECK(code(a.renew(short_one->lease)) == errc::no_such_lease);
  CHECK(keys(b.list("room")) == "kept moved short");
  CHECK(keys(a.list("room")) == "kept moved short");
  CHECK(b.get_by_key("room", "moved").to_vector().at(0).who.actor == here.id());
}
