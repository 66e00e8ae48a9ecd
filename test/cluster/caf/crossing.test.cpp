// Two nodes that dial each other at one moment: CAF's own protocol then ends up
// with two connections, of which each side uses another one and knows no sender
// for what comes over the other's. Done here on purpose, below the mesh.
#include "cluster/caf/basp_rules.hpp"
#include "cluster/caf/dialer.hpp"
#include "cluster/caf/socket.hpp"
#include "test/catch.hpp"
#include "test/cluster/caf/node.hpp"
#include "test/cluster/caf/raw.hpp"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

using namespace rollcall::cluster;
using namespace rollcall::cluster::test;
using namespace std::chrono_literals;

namespace {

/// Stands before a node. What the one who connects says after its first so many
/// bytes is held until `let_go`; what the node says passes.
class slow_ear {
public:
  slow_ear(const std::string& node, std::size_t first) : to_(node), first_(first) {}
  ~slow_ear() {
    stop_ = true;
    thread_.join();
  }
  slow_ear(const slow_ear&) = delete;
  slow_ear& operator=(const slow_ear&) = delete;

  std::string address() const { return listener_.address(); }
  void let_go() { held_ = false; }

private:
  void run() {
    const int from = listener_.accept_for(60s);
    if (from < 0) return;
    bool open = true;
    while (open && !stop_) {
      const bool listens = !held_ || first_ > 0;
      pollfd x[] = {{to_.fd(), POLLIN, 0}, {listens ? from : -1, POLLIN, 0}};
      if (::poll(x, 2, 20) <= 0) continue;
      if (x[0].revents != 0) open = move(to_.fd(), from, sizeof buffer_) > 0;
      if (open && x[1].revents != 0) {
        const auto n = move(from, to_.fd(), held_ ? first_ : sizeof buffer_);
        open = n > 0;
        first_ -= std::min(first_, static_cast<std::size_t>(std::max<ssize_t>(n, 0)));
      }
    }
    ::shutdown(to_.fd(), SHUT_RDWR);
    ::close(from);
  }

  ssize_t move(int from, int to, std::size_t most) {
    const auto n = ::recv(from, buffer_, std::min(most, sizeof buffer_), 0);
    if (n <= 0) return 0;
    return ::send(to, buffer_, static_cast<std::size_t>(n), MSG_NOSIGNAL);
  }

  mute_listener listener_;
  raw_tcp to_;
  std::size_t first_;
  std::atomic<bool> held_{true}, stop_{false};
  char buffer_[4096];
  std::thread thread_{[this] { run(); }};
};

preamble preamble_of(node& x, const std::string& name) {
  return {rollcall::compat::caf_release(), to_string(x.system().node()), name, {1, 1}};
}

std::shared_ptr<const connection_guard> guard_of(node& x) {
  auto guard = std::make_shared<connection_guard>();
  guard->rules = std::make_shared<const basp_rules>(make_basp_rules(x.system(), x.endpoint()));
  return guard;
}

std::unique_ptr<tcp_connection> dialed(const preamble& ours, const std::string& where) {
  dial_how how;
  how.ours = ours;
  auto x = dial(parse_address(where).value, how);
  REQUIRE(x.connection != nullptr);
  auto out = std::make_unique<tcp_connection>();
  std::swap(out->fd, x.connection->fd);
  out->state = x.connection->state;
  return out;
}

} // namespace

TEST_CASE("connections that crossed are closed on both sides, and the link is made anew") {
  const auto later = mute_listener{}.close();
  const auto slowly = [](endpoint_config& x) { x.links.backoff = {4s, 4s}; };
  node a{"a", {later}, slowly};
  REQUIRE(a.wait_refusal(rollcall::errc::unreachable, "")); // and dials again in two seconds
  node b{"b", {}, [&](endpoint_config& x) {
           slowly(x);
           x.listen = later;
         }};
  REQUIRE(!b.problem());
  const auto of_a = preamble_of(a, "a"), of_b = preamble_of(b, "b");
  slow_ear to_a{a.address(), encode(of_b).size()}, to_b{b.address(), encode(of_a).size()};
  auto there = dialed(of_a, to_b.address()), back = dialed(of_b, to_a.address());
  const auto port = [](const node& x) { return parse_address(x.address()).value.port; };
  // Each gets its answer, and has a connection, before it hears that the other
  // one dials.
  {
    caf::scoped_actor one{a.system()}, two{b.system()};
    const auto connect = [](auto& self, node& from, tcp_connection& x, std::uint16_t to) {
      rollcall::compat::request(self, basp_broker(from.system()), 60s,
                                connect_message(from.system(), x, to, guard_of(from)))
          .receive([](const caf::node_id&, const caf::strong_actor_ptr& who,
                      const std::set<std::string>&) { CHECK(who != nullptr); },
                   [](const caf::error& e) { FAIL_CHECK(to_string(e)); });
    };
    connect(one, a, *there, port(b));
    connect(two, b, *back, port(a));
  }
  to_a.let_go();
  to_b.let_go();
  CHECK(a.wait_links({"b"}));
  CHECK(b.wait_links({"a"}));
  a.send("b", "hello");
  CHECK(b.wait_frames(1));
  b.send("a", "hello");
  CHECK(a.wait_frames(1));
#if !ROLLCALL_CAF_0 // 0.17 finds its way out of it by itself
  const auto told = [](node& x) {
    const auto all = x.seen().copy().events;
    return std::any_of(all.begin(), all.end(), [](const cluster_event& e) {
      return e.text.find("crossed") != std::string::npos;
    });
  };
  CHECK((told(a) || told(b)));
#endif
}
