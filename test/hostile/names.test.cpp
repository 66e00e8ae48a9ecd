// What a member does with names: those of others, and many of its own.
#include "cluster/wire/packet.hpp"
#include "test/catch.hpp"
#include "test/hostile/certificates.hpp"
#include "test/hostile/honest.hpp"
#include "test/hostile/member.hpp"

#include <csignal>
#include <filesystem>
#include <sys/types.h>

using namespace rollcall;
using namespace rollcall::cluster;
using namespace rollcall::test;
using namespace std::chrono_literals;

namespace {

bool log_has(const node& x, std::string_view text) {
  return eventually([&] { return x.log().find(text) != std::string::npos; });
}

} // namespace

TEST_CASE("an older life of a living name ends nobody, directly or by way of a third node") {
  honest_cluster honest;
  honest.load("claims of age", 20, [&](int i) {
    // Each is a process of its own that says it was there first.
    member::identity b{.name = "b", .life = {1, static_cast<std::uint64_t>(i) + 1}};
    auto& at = i % 2 == 0 ? honest.a() : honest.b();
    member evil{at.address(), b};
    if (evil.greet()) {
      evil.say(evil.hello());
      evil.serve(50ms);
    }
  });
  honest.must_be_whole();
}

TEST_CASE("a hello by another name than that of the greeting is not heard") {
  honest_cluster honest;
  member evil{honest.a().address(), {.name = "evil", .hello_name = "b"}};
  CHECK_FALSE(evil.join());
  CHECK(log_has(honest.a(), "another name than the one that it greeted with"));
  honest.load("hello as another", 5);
  honest.must_be_whole();
}

TEST_CASE("20,000 hellos make few log lines, and their connection is cut") {
  honest_cluster honest;
  const auto before = honest_cluster::log_lines(honest.a());
  member evil{honest.a().address(), {}};
  REQUIRE(evil.join());
  honest.load("20,000 hellos", 20, [&](int i) {
    for (std::uint64_t k = 0; k < 1000; ++k)
      evil.say(evil.hello(), static_cast<std::uint64_t>(i) * 1000 + k + 2);
    evil.serve(1ms);
  });
  CHECK(evil.is_closed(20s));
  honest.must_be_whole();
  CHECK(honest_cluster::log_lines(honest.a()) - before < 300);
}

TEST_CASE("one connection makes one link, and honest newcomers find room") {
  honest_cluster honest;
  member evil{honest.a().address(), {}};
  REQUIRE(evil.join());
  for (int i = 0; i < 1100; ++i) {
    auto other = evil.self();
    other.hello_name = "evil" + std::to_string(i);
    member pretended{"127.0.0.1:1", other};
    evil.say(pretended.hello(), static_cast<std::uint64_t>(i) + 2);
  }
  honest.load("1,100 names on one connection", 10);
  node d({.name = "d", .seeds = {honest.a().address()}});
  CHECK(eventually([&] { return d.count("hall") >= 120; }));
  const auto peers = honest.a().ask(R"({"op":"peers"})");
  CHECK(peers.at("peers").as_array().size() < 10);
  honest.must_be_whole();
}

TEST_CASE("a thousand connections that greeted and make no link shut nobody out") {
  honest_cluster honest;
  std::vector<std::unique_ptr<member>> many;
  for (int i = 0; i < 1000; ++i) {
    member::identity x;
    x.name = "evil" + std::to_string(i);
    many.push_back(std::make_unique<member>(honest.a().address(), x));
    many.back()->greet();
  }
  honest.load("1,000 greeted connections", 10);
  node d({.name = "d", .seeds = {honest.a().address()}});
  CHECK(eventually([&] { return d.count("hall") >= 120; }));
  honest.must_be_whole();
}

TEST_CASE("by TLS a name belongs to its certificate") {
  const certificates made{"a b c evil"};
  if (!made.ok()) return;
  honest_cluster honest{[&](const std::string& name) { return made.options(name); }};
  auto x = made.of("evil");
  x.name = "b";
  x.life = {1, 1};
  member evil{honest.a().address(), x};
  static_cast<void>(evil.greet());
  CHECK(evil.is_closed(10s));
  CHECK(log_has(honest.a(), "make one with that name"));
  member itself{honest.a().address(), made.of("evil")};
  CHECK(itself.join()); // by its own name it is a member
  honest.load("a stolen name", 10, [&](int) { itself.serve(1ms); });
  honest.must_be_whole();
}

TEST_CASE("certificates are renewed on SIGHUP, and revoked ones lose their links") {
  const certificates made{"a b c evil"};
  if (!made.ok() || !made.revoke("")) return;
  honest_cluster honest{[&](const std::string& name) {
    auto options = made.options(name);
    options.insert(options.end(), {"--tls-crl", made.path("crl.pem")});
    return options;
  }};
  member evil{honest.a().address(), made.of("evil")};
  REQUIRE(evil.join());
  REQUIRE(made.revoke("evil"));
  // It is noticed without a signal.
  const auto end = std::chrono::steady_clock::now() + 60s;
  while (!evil.is_closed(0s) && std::chrono::steady_clock::now() < end) evil.serve(200ms);
  CHECK(evil.is_closed(0s));
  CHECK(log_has(honest.a(), "certificate is revoked"));
  member again{honest.a().address(), made.of("evil")};
  CHECK_FALSE(again.greet());
  // A new certificate for a, which its next links show; those that stand, stay.
  REQUIRE(made.make("a"));
  ::kill(honest.a().ready().at("pid").to_number<pid_t>(), SIGHUP);
  CHECK(log_has(honest.a(), "tls_reloaded"));
  node d({.name = "d", .seeds = {honest.a().address()}, .more = made.options("d")});
  CHECK(eventually([&] { return d.count("hall") >= 120; }));
  // What cannot do is said, and changes nothing.
  std::filesystem::remove(made.path("a.key"));
  ::kill(honest.a().ready().at("pid").to_number<pid_t>(), SIGHUP);
  CHECK(log_has(honest.a(), "tls_not_reloaded"));
  honest.load("revocation and renewal", 10);
  honest.must_be_whole();
}
