// What Phoenix holds stays shown in the rollcall tracker.
#include "phoenix/mirror.hpp"

#include "phoenix/meta_terms.hpp"
#include "phoenix/options.hpp"
#include "test/actors/fixture.hpp"

using namespace fixture;
using namespace rollcall::phoenix;

namespace {

mirror_change change(mirror_change::kind what, std::uint64_t id, const std::string& key,
                     std::int64_t n = 0) {
  return {what,
          id,
          "a@h",
          {1, pid({"a@h", 1, 0, 1}), binary("room"), binary(key), map({atom("n"), integer(n)})}};
}
mirror_change join(std::uint64_t id, const std::string& key, std::int64_t n = 0) {
  return change(mirror_change::kind::join, id, key, n);
}

mirror_change leave(std::uint64_t id) { return {mirror_change::kind::leave, id}; }
using changes = std::vector<mirror_change>;

mirror_options options() {
  mirror_options o;
  o.own_key = "PS/TR";
  o.own_meta = {{"erlang", "bridge@h"}};
  return o;
}

bool shows(const rollcall::tracker& t, const std::string& key, std::int64_t n) {
  for (const auto& p : t.get_by_key("room", key))
    if (p.meta()["n"].as_int() == n && p.meta()[origin_member]) return true;
  return false;
}

} // namespace

TEST_CASE("a presence of Phoenix whose lease ended is tracked again with the next renewal",
          "[phoenix]") {
  test_system system;
  auto t = system.started();
  auto o = options();
  // The leases end between two renewals, as they do while the process is suspended.
  o.ttl = 100ms;
  o.renew_period = 400ms;
  mirror m(t, o);
  m.add(changes{join(1, "ada", 1), join(2, "bob", 1)});
  REQUIRE(eventually([&] { return m.counters().tracked_again >= 2; }));
  m.add(changes{change(mirror_change::kind::update, 1, "ada", 2)});
  REQUIRE(eventually([&] { return shows(t, "ada", 2); }));
  m.add(changes{leave(1)});
  const auto before = m.counters().tracked_again;
  REQUIRE(eventually([&] { return m.counters().tracked_again >= before + 2; }));
  REQUIRE(eventually([&] { return shows(t, "bob", 1); }));
  CHECK(t.get_by_key("room", "ada").empty());
}

TEST_CASE("a presence of Phoenix for which there is no room is tracked once there is some",
          "[phoenix]") {
  test_system system;
  rollcall::tracker_options small;
  small.limits.max_leases = 2; // one is the bridge's own
  auto t = system.started(small);
  auto o = options();
  o.renew_period = 50ms;
  mirror m(t, o);
  REQUIRE(eventually([&] { return t.count(bridges_topic) == 1; }));
  m.add(changes{join(1, "ada"), join(2, "bob")});
  REQUIRE(eventually([&] { return m.counters().not_shown == 1; }));
  CHECK(shows(t, "ada", 0));
  CHECK_FALSE(shows(t, "bob", 0));
  m.add(changes{leave(1)});
  REQUIRE(eventually([&] { return shows(t, "bob", 0); }));
  CHECK(t.count("room") == 1);
  REQUIRE(eventually([&] { return m.counters().not_shown == 0; }));
}

TEST_CASE("a presence of Phoenix that breaks a limit is refused, and harms no other", "[phoenix]") {
  test_system system;
  auto t = system.started();
  mirror m(t, options());
  m.add(changes{join(1, std::string(5000, 'x')), join(2, "bob")});
  REQUIRE(eventually([&] { return shows(t, "bob", 0); }));
  CHECK(m.counters().refused == 1);
  CHECK(m.counters().not_shown == 0);
}

TEST_CASE("of changes that wait there is one for each presence", "[phoenix]") {
  test_system system;
  auto t = system.started();
  std::atomic<bool> held{false}, go{false};
  auto o = options();
  // The thread of the mirror stands still at the first key that both sides have.
  o.on_same_key = [&](const auto&, const auto&, const auto&) {
    held = true;
    eventually([&] { return go.load(); });
  };
  auto ada = system.idle();
  REQUIRE(t.track(ada, "room", "first"));
  mirror m(t, o);
  m.add(changes{join(1, "first")});
  REQUIRE(eventually([&] { return held.load(); }));
  for (int i = 0; i < 1000; ++i) {
    m.add(changes{join(2, "bob", i)});
    m.add(changes{change(mirror_change::kind::update, 3, "eve", i)});
    m.add(changes{join(100 + static_cast<std::uint64_t>(i), "short")});
    m.add(changes{leave(100 + static_cast<std::uint64_t>(i))});
  }
  CHECK(m.counters().waiting == 2);
  go = true;
  REQUIRE(eventually([&] { return shows(t, "bob", 999) && shows(t, "eve", 999); }));
  CHECK(t.get_by_key("room", "short").empty());
  CHECK(m.counters().same_key == 1);
}
