// The door: who connects and does not come to the point, who is no node of
// ours, whom CAF would take for another, and places that nobody answers at.
#include "cluster/wire/preamble.hpp"
#include "test/catch.hpp"
#include "test/cluster/caf/certs.hpp"
#include "test/cluster/caf/node.hpp"
#include "test/cluster/caf/raw.hpp"

#include <sys/socket.h>
#include <unistd.h>

using namespace rollcall;
using namespace rollcall::cluster;
using namespace rollcall::cluster::test;
using namespace std::chrono_literals;

namespace {

preamble stranger(const std::string& name = "s") {
  return {compat::caf_release(), "no id of any CAF here", name, {77, 7}};
}

bool eventually(const std::function<bool()>& holds) {
  for (int i = 0; i < 3000; ++i) {
    if (holds()) return true;
    std::this_thread::sleep_for(20ms);
  }
  return false;
}

/// Answers each connection by these bytes, and nothing else.
class false_node {
public:
  explicit false_node(std::string says) : says_(std::move(says)), thread_([this] { run(); }) {}
  ~false_node() {
    stop_ = true;
    thread_.join();
  }
  std::string address() const { return listener_.address(); }

private:
  void run() {
    std::vector<int> taken;
    while (!stop_) {
      const int fd = listener_.accept_for(50ms);
      if (fd < 0) continue;
      [[maybe_unused]] const auto n = ::send(fd, says_.data(), says_.size(), MSG_NOSIGNAL);
      taken.push_back(fd);
    }
    for (const int fd : taken) ::close(fd);
  }

  mute_listener listener_;
  std::string says_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

} // namespace

TEST_CASE("a connection that does not finish its handshake is dropped, by TCP and by TLS") {
  certs made;
  for (const bool tls : {false, true}) {
    node a{"a", {}, [&](endpoint_config& c) {
             if (tls) c.tls = made.make("a");
             c.links.greeting_timeout = 1s;
           }};
    raw_tcp mute{a.address()};
    raw_tcp slow{a.address()};
    slow.send(tls ? std::string{"\x16\x03\x01\x02"} : std::string{"ROLLC"});
    CHECK(mute.all_from_there() != "did not close");
    CHECK(slow.all_from_there() != "did not close");
    CHECK(a.wait_refusal(errc::unreachable, "did not finish"));
    node b{"b", {a.address()}, [&](endpoint_config& c) {
             if (tls) c.tls = made.make("b");
           }};
    CHECK(a.wait_links({"b"}));
  }
}

TEST_CASE("who says the right word first and nothing after it is dropped too") {
  node a{"a", {}, [](endpoint_config& c) { c.links.greeting_timeout = 1s; }};
  raw_tcp half{a.address()};
  half.send(encode(stranger()));
  const auto answer = half.all_from_there();
  CHECK(answer.substr(0, 8) == "ROLLCALL");
  CHECK(a.wait_refusal(errc::unreachable, "has said nothing"));
}

TEST_CASE("only so many connections at a time may be unfinished: the oldest makes room") {
  node a{"a", {}, [](endpoint_config& c) {
           c.links.limits.max_unfinished = 8;
           c.links.greeting_timeout = 10min;
         }};
  std::vector<std::unique_ptr<raw_tcp>> many;
  const auto come = [&](int n) {
    for (int i = 0; i < n; ++i) many.push_back(std::make_unique<raw_tcp>(a.address()));
  };
  const auto are_gone = [&](std::size_t n) {
    return eventually([&] {
      return std::all_of(many.begin(), many.begin() + static_cast<std::ptrdiff_t>(n),
                         [](const auto& x) { return x->is_closed(); });
    });
  };
  come(6);
  // Some reach CAF, and stay mute there. That those who came first get there last
  // makes them no younger.
  for (const std::size_t i : {4u, 2u, 0u}) {
    many[i]->send(encode(stranger()));
    std::this_thread::sleep_for(50ms);
  }
  come(4);
  CHECK(are_gone(2));
  for (int i = 0; i < 10; ++i) {
    come(1);
    if (i % 2 == 0) many.back()->send(encode(stranger()));
  }
  CHECK(are_gone(12));
  CHECK(std::count_if(many.begin(), many.end(), [](const auto& x) { return x->is_closed(); })
        == 12);
  CHECK(a.wait_refusal(errc::limit_reached, "more than 8"));
  node b{"b", {a.address()}}; // and there is room for who is of the cluster
  CHECK(a.wait_links({"b"}));
}

TEST_CASE("what is no node of ours does not reach CAF") {
  node a{"a", {}};
  node b{"b", {a.address()}};
  REQUIRE(a.wait_links({"b"}));
  REQUIRE(b.wait_links({"a"})); // it has it a moment later
  for (const auto& words : {std::string{"GET / HTTP/1.0\r\n\r\n"}, std::string(4096, '\0'),
                            std::string(4096, '\xff'), "ROLLCALL" + std::string(4, '\xff'),
                            encode(stranger()).substr(0, 12) + std::string(200, 'x')}) {
    raw_tcp visit{a.address()};
    visit.send(words);
    CHECK(visit.all_from_there() != "did not close");
  }
  CHECK(a.wait_refusal(errc::bad_frame, "is it one"));
  CHECK(a.seen().copy().peer_downs == 0);
  b.send("a", "still serving");
  CHECK(a.wait_frames(1));
}

TEST_CASE("a node built with another CAF is told apart, whoever dials") {
  auto other = stranger("other");
  other.caf = "9.9";
  node a{"a", {}};
  raw_tcp visit{a.address()};
  visit.send(encode(other));
  CHECK(visit.all_from_there().substr(0, 8) == "ROLLCALL"); // so that it can tell as well
  CHECK(a.wait_refusal(errc::version_mismatch, "other is built with CAF 9.9"));
  false_node there{encode(other)};
  node b{"b", {there.address()}};
  CHECK(
      b.wait_refusal(errc::version_mismatch, "build all nodes of a cluster with the same release"));
}

TEST_CASE("two nodes that CAF cannot tell apart are told what to do, whoever dials") {
  node a{"a", {}};
  auto twin = stranger("twin");
  twin.caf_node = to_string(a.system().node());
  raw_tcp visit{a.address()};
  visit.send(encode(twin));
  CHECK(a.wait_refusal(errc::unreachable, "docker run --init"));
  visit.all_from_there();
}

TEST_CASE("plain TCP beyond loopback is a warning at every start") {
  node a{"a", {}, [](endpoint_config& c) { c.insecure = true; }};
  CHECK(a.wait_event(cluster_event_kind::warning));
}

TEST_CASE("places that nobody answers at hold up no link: a hole, mute ones, ones that close") {
  // All of these dials hang for as long as the test takes.
  const auto patient = [](endpoint_config& c) {
    c.links.connect_timeout = 10min;
    c.links.greeting_timeout = 10min;
  };
  mute_listener hole{0}; // its backlog is full: the kernel drops whoever else comes
  raw_tcp filler{hole.address()};
  mute_listener mute;
  closing_listener closes;
  node a{"a", {hole.address(), mute.address(), closes.address()}, patient};
  node b{"b", {a.address()}};
  REQUIRE(a.wait_links({"b"}));
  REQUIRE(b.wait_links({"a"}));
  const auto state = [&](const std::string& address) {
    for (const auto& p : a.peers().peers)
      if (p.address == address) return std::string{to_string(p.state)};
    return std::string{"unknown"};
  };
  REQUIRE(eventually(
      [&] { return state(hole.address()) == "dialing" && state(mute.address()) == "dialing"; }));
  auto longest = 0ms;
  for (std::size_t i = 1; i <= 100; ++i) {
    const auto start = std::chrono::steady_clock::now();
    a.send("b", "beat");
    REQUIRE(b.wait_frames(i));
    longest = std::max(longest, std::chrono::duration_cast<std::chrono::milliseconds>(
                                    std::chrono::steady_clock::now() - start));
    std::this_thread::sleep_for(10ms);
  }
  WARN("longest beat while three dials hang: " << longest.count() << " ms");
  CHECK(state(hole.address()) == "dialing");
  CHECK(state(mute.address()) == "dialing");
  CHECK(a.wait_refusal(errc::unreachable, "closes them before a word"));
  node c{"c", {a.address()}}; // and new links come up
  CHECK(a.wait_links({"b", "c"}));
  a.stop(); // and it ends in order
  CHECK(a.answered_stop());
}
