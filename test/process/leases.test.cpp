// Leases of a driver.
#include "test/catch.hpp"
#include "test/process/harness.hpp"

using namespace rollcall::test;
using namespace std::chrono_literals;

namespace {

std::int64_t renewed(node& n, const std::string& members) {
  const auto answer = n.ask(R"({"op":"renew",)" + members + "}");
  INFO(boost::json::value(answer));
  REQUIRE(answer.contains("renewed"));
  return answer.at("renewed").to_number<std::int64_t>();
}

void track_lease(node& n, const std::string& name, const std::string& key,
                 const std::string& ttl = "1h") {
  const auto answer = n.ask(R"({"op":"track","lease":")" + name + R"(","topic":"hall","key":")"
                            + key + R"(","ttl":")" + ttl + R"("})");
  INFO(boost::json::value(answer));
  REQUIRE(answer.contains("ref"));
}

} // namespace

TEST_CASE("a lease is present on all nodes while it is renewed, and then is not") {
  node a({.name = "a"}), b({.name = "b", .seeds = {a.address()}});
  track_lease(a, "device", "sensor", "1s");
  track_lease(a, "other", "lamp");
  CHECK(eventually([&] { return b.list("hall") == keys{"lamp", "sensor"}; }));
  CHECK(renewed(a, R"("lease":"device","ttl":"1h")") == 1);
  CHECK(always([&] { return b.list("hall") == keys{"lamp", "sensor"}; }, 1500ms));
  CHECK(renewed(a, R"("leases":["device","other","nobody"],"ttl":"100ms")") == 2);
  CHECK(eventually([&] { return b.list("hall").empty(); }));
  CHECK(renewed(a, R"("leases":["device","other"])") == 0);
}

TEST_CASE("a lease is updated and untracked as an actor is") {
  node a({.name = "a"});
  track_lease(a, "device", "sensor");
  track_lease(a, "device", "relay"); // one name, two presences
  CHECK(text(a.ask(R"({"op":"track","lease":"device","topic":"hall","key":"relay","ttl":"1h"})"),
             "error")
        == "already_tracked");
  const auto updated =
      a.ask(R"({"op":"update","lease":"device","topic":"hall","key":"sensor","meta":{"n":1}})");
  CHECK(updated.contains("prev_ref"));
  CHECK(renewed(a, R"("lease":"device")") == 1);
  CHECK(a.ask(R"({"op":"untrack","lease":"device","topic":"hall","key":"sensor"})").contains("ok"));
  CHECK(a.list("hall") == keys{"relay"});
  CHECK(a.ask(R"({"op":"untrack","lease":"device"})").contains("ok"));
  CHECK(a.list("hall").empty());
  CHECK(a.ask(R"({"op":"untrack","lease":"device"})").contains("ok")); // of nothing
  CHECK(text(a.ask(R"({"op":"update","lease":"device","topic":"hall","key":"sensor"})"), "error")
        == "nopresence");
  track_lease(a, "device", "sensor"); // again
  CHECK(a.list("hall") == keys{"sensor"});
}

TEST_CASE("a ttl that is none is refused and harms nothing") {
  node a({.name = "a"});
  const auto ttl = GENERATE(as<std::string>{}, R"("0s")", R"("0")", R"("99ms")", R"("87600h")",
                            R"("744h")", R"("745h")", R"("soon")", R"("-1s")", "10", "null");
  const auto answer =
      a.ask(R"({"op":"track","lease":"x","topic":"hall","key":"x","ttl":)" + ttl + "}");
  INFO(boost::json::value(answer));
  if (ttl == R"("744h")")
    CHECK(answer.contains("ok"));
  else
    CHECK(text(answer, "error") == "bad_lease");
  CHECK(text(a.ask(R"({"op":"track","lease":"y","topic":"hall","key":"x"})"), "error")
        == "bad_lease");
  CHECK(text(a.ask(R"({"op":"renew"})"), "error") == "bad_command");
  CHECK(text(a.ask(R"({"op":"renew","leases":[1]})"), "error") == "bad_command");
  CHECK(text(a.ask(R"({"op":"renew","lease":"x","ttl":"0s"})"), "error") == "bad_lease");
}
