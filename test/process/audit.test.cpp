// A copy that is damaged in a real process.
#include "test/catch.hpp"
#include "test/process/harness.hpp"

#include <algorithm>

using namespace rollcall::test;

namespace {

bool told(const std::vector<object>& events, std::string_view what, std::string_view name) {
  return std::any_of(events.begin(), events.end(), [&](const object& e) {
    return text(e, "event") == what && text(e, "name") == name;
  });
}

std::string status_of(node& x, const char* key) {
  for (const auto& p : x.presences("lobby"))
    if (text(p, "key") == key) return text(p.at("meta").as_object(), "status");
  return {};
}

std::int64_t divergences(node& x) {
  return x.ask(R"({"op":"stats"})").at("divergences").to_number<std::int64_t>();
}

} // namespace

TEST_CASE(
    "a bit that flips in a held copy is seen by the audit and healed, and nobody else moves") {
  node a({.name = "a"}), b({.name = "b", .seeds = {a.address()}, .more = {"--test-ops"}}),
      c({.name = "c", .seeds = {a.address()}});
  a.track("ada", "lobby", "ada", R"({"status":"here"})");
  a.track("amy", "lobby", "amy", R"({"status":"here"})");
  b.track("bob", "lobby", "bob", R"({"status":"here"})");
  const keys all{"ada", "amy", "bob"};
  for (auto* x : {&a, &b, &c}) REQUIRE(eventually([&] { return x->list("lobby") == all; }));
  for (auto* x : {&a, &c})
    CHECK(x->ask(R"({"op":"subscribe","topic":"lobby"})").contains("presences"));
  CHECK(b.ask(R"({"op":"flip_a_bit","topic":"lobby","key":"ada"})").contains("ok"));
  std::vector<object> of_b;
  CHECK(eventually([&] {
    for (auto& e : b.events()) of_b.push_back(std::move(e));
    return told(of_b, "diverged", "a");
  }));
  CHECK(eventually([&] { return status_of(b, "ada") == "here" && b.list("lobby") == all; }));
  CHECK(divergences(b) == 1);
  for (auto* x : {&a, &c}) {
    CHECK(divergences(*x) == 0);
    CHECK(x->list("lobby") == all);
    for (const auto& e : x->events()) CHECK(text(e, "event") != "diff");
  }
}

TEST_CASE("the ops that damage a node are refused unless it was started for tests") {
  node a({.name = "a"}), b({.name = "b", .seeds = {a.address()}, .more = {"--test-ops"}});
  const auto refused = a.ask(R"({"op":"flip_a_bit","topic":"lobby","key":"ada"})");
  CHECK(text(refused, "error") == "bad_command");
  b.track("bob", "lobby", "bob");
  // A copy of another node's presence, not an own one.
  CHECK(text(b.ask(R"({"op":"flip_a_bit","topic":"lobby","key":"bob"})"), "error") == "nopresence");
}
