// TLS: what a node starts with, and whom it lets in.
#include "cluster/caf/tls.hpp"

#include "cluster/wire/preamble.hpp"
#include "test/catch.hpp"
#include "test/cluster/caf/certs.hpp"
#include "test/cluster/caf/node.hpp"
#include "test/cluster/caf/raw.hpp"

#include <filesystem>

using namespace rollcall;
using namespace rollcall::cluster;
using namespace rollcall::cluster::test;
using namespace std::chrono_literals;

namespace {

std::string refused(const tls_options& x) {
  const auto result = tls_context::load(x);
  CHECK(result.problem.code == errc::bad_tls);
  CHECK(result.context == nullptr);
  return result.problem.message;
}

bool mentions(const std::string& text, const std::string& part) {
  INFO(text);
  return text.find(part) != std::string::npos;
}

node::edit with(const tls_options& x) {
  return [x](endpoint_config& c) { c.tls = x; };
}

} // namespace

TEST_CASE("TLS files that cannot do are refused at start, each with what to do") {
  certs made;
  const auto good = made.make("good");
  REQUIRE(tls_context::load(good).problem.message == "");

  for (auto missing : {&tls_options::certificate, &tls_options::key, &tls_options::ca}) {
    auto x = good;
    x.*missing = "";
    CHECK(mentions(refused(x), "all three or none"));
    x.*missing = made.path("nowhere");
    CHECK(mentions(refused(x), "No such file"));
    x.*missing = made.path("");
    CHECK(mentions(refused(x), "cannot read"));
    x.*missing = made.write("rubbish", "this is no PEM\n");
    CHECK(mentions(refused(x), "PEM"));
  }
  CHECK(mentions(refused(made.make("old", {.from_days = -10, .to_days = -1})), "has expired"));
  CHECK(mentions(refused(made.make("early", {.from_days = 1})), "not valid yet"));
  auto x = good;
  x.key = made.make("other").key;
  CHECK(mentions(refused(x), "does not belong"));
  x = made.make("foreign", {.ca = "ca2"});
  x.ca = good.ca;
  CHECK(mentions(refused(x), "not signed by the CA"));
  CHECK(mentions(refused(made.make("half", {.usage = "serverAuth"})), "clientAuth"));
}

TEST_CASE("an encrypted key needs its passphrase, and no passphrase is ever in a message") {
  certs made;
  auto x = made.make("a", {.key_passphrase = "correct horse"});
  CHECK(mentions(refused(x), "is encrypted, and no passphrase was given"));
  x.passphrase = "battery staple";
  const auto text = refused(x);
  CHECK(mentions(text, "does not open it"));
  CHECK(text.find("battery") == std::string::npos);
  x.passphrase = "correct horse";
  CHECK(tls_context::load(x).problem.message == "");
  node a{"a", {}, with(x)};
  node b{"b", {a.address()}, with(made.make("b"))};
  CHECK(a.wait_links({"b"}));
}

TEST_CASE("nodes with certificates of one CA have links, and large frames pass whole") {
  certs made;
  const auto large_ones = [&](const std::string& name) {
    return [files = made.make(name)](endpoint_config& c) {
      c.tls = files;
      c.links.limits.max_message_bytes = 16 * 1024 * 1024;
    };
  };
  node a{"a", {}, large_ones("a")};
  REQUIRE(a.problem().message == "");
  node b{"b", {a.address()}, large_ones("b")};
  node c{"c", {a.address()}, large_ones("c")};
  REQUIRE(a.wait_links({"b", "c"}));
  REQUIRE(b.wait_links({"a", "c"}));
  const std::string large(8 * 1024 * 1024, 'y');
  for (int i = 0; i < 3; ++i) {
    a.send("b", large);
    b.send("a", large);
    b.send("c", std::to_string(i));
  }
  REQUIRE(b.wait_frames(3));
  REQUIRE(a.wait_frames(3));
  REQUIRE(c.wait_frames(3));
  for (auto* x : {&a, &b})
    for (const auto& f : x->seen().copy().frames) CHECK((f.bytes == large));
  b.crash();
  CHECK(a.wait_links({"c"}));
}

TEST_CASE("a node whose certificate does not hold its name does not start, unless told so") {
  certs made;
  const auto other = made.make("other");
  node a{"a", {}, with(other)};
  CHECK(a.problem().code == errc::bad_tls);
  CHECK(mentions(a.problem().message, "does not hold the name of this node, \"a\""));
  auto any = other;
  any.any_name = true;
  node b{"b", {}, with(any)};
  CHECK(b.problem().message == "");
  // The other end must allow it as well.
  node c{"c", {b.address()}, with(made.make("c"))};
  CHECK(c.wait_refusal(errc::bad_tls, "its certificate holds \"other\""));
}

TEST_CASE("with TLS a node may listen beyond loopback") {
  certs made;
  const auto files = made.make("a");
  node a{"a", {}, [&](endpoint_config& c) {
           c.tls = files;
           c.listen = "0.0.0.0:0";
           c.advertise = "localhost:9";
         }};
  CHECK(a.problem().message == "");
}

TEST_CASE("who does not show a certificate of the CA is refused before anything is said") {
  certs made;
  node a{"a", {}, with(made.make("a"))};
  node b{"b", {a.address()}, with(made.make("b"))};
  REQUIRE(a.wait_links({"b"}));
  struct visitor {
    tls_options shows;
    const char* said;
  };
  auto foreign = made.make("foreign", {.ca = "ca2"});
  const auto expired = made.make("expired", {.from_days = -10, .to_days = -1});
  for (const auto& [shows, said] :
       {visitor{{}, "has no certificate"}, visitor{foreign, "its certificate is refused"},
        visitor{expired, "certificate has expired"}}) {
    INFO(said);
    raw_tls visit{a.address(), shows};
    CHECK(visit.bytes_from_there() == ""); // not even our greeting
    CHECK(a.wait_refusal(errc::bad_tls, said));
  }
  { // plain TCP: neither our words nor others
    raw_tcp visit{a.address()};
    visit.send(encode(preamble{compat::caf_release(), "x", "s", {1, 1}}));
    const auto answer = visit.all_from_there();
    CHECK(answer.find("ROLLCALL") == std::string::npos);
    CHECK(a.wait_refusal(errc::bad_tls, "does not speak TLS"));
  }
  CHECK(a.stats().handshakes_refused >= 4);
  CHECK(a.seen().copy().peer_downs == 0);
  b.send("a", "still serving");
  CHECK(a.wait_frames(1));
}

TEST_CASE("a node of another CA gets no link, and both sides say why") {
  certs made;
  node a{"a", {}, with(made.make("a"))};
  node b{"b", {a.address()}, with(made.make("b", {.ca = "ca2"}))};
  CHECK(a.wait_refusal(errc::bad_tls, "certificate"));
  CHECK(b.wait_refusal(errc::bad_tls, "certificate"));
  CHECK(a.stats().links_up == 0);
}

TEST_CASE("a node with TLS and one without say so, whoever dials") {
  certs made;
  node a{"a", {}, with(made.make("a"))};
  node b{"b", {a.address()}};
  CHECK(a.wait_refusal(errc::bad_tls, "does not speak TLS"));
  node c{"c", {b.address()}, with(made.make("c"))};
  CHECK(c.wait_refusal(errc::bad_tls, "does not speak TLS"));
  CHECK(b.wait_refusal(errc::bad_frame, "it speaks TLS and this node does not"));
}
