// The nodes of the tests of the links; the tests are beside it.
#include "test/cluster/caf/node.hpp"

#include "rollcall/config.hpp"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace rollcall::cluster::test {

using namespace std::chrono_literals;

namespace {

class recorder : public caf::event_based_actor {
public:
  recorder(caf::actor_config& cfg, std::shared_ptr<record> to)
      : caf::event_based_actor(cfg), to_(std::move(to)) {}

  caf::behavior make_behavior() override {
    return {
        [this](frame_received& x) {
          to_->change([&](record::state& s) { s.frames.push_back(std::move(x)); });
        },
        [this](const link_changed& x) {
          to_->change([&](record::state& s) {
            s.link_changes.push_back(x);
            if (x.up)
              s.links.insert(x.node);
            else
              s.links.erase(x.node);
          });
        },
        [this](const endpoint_event& x) {
          to_->change([&](record::state& s) {
            s.events.push_back(x.event);
            if (x.event.kind == cluster_event_kind::peer_down) ++s.peer_downs;
          });
        },
    };
  }

private:
  std::shared_ptr<record> to_;
};

} // namespace

caf::actor spawn_recorder(caf::actor_system& system, std::shared_ptr<record> to) {
  return system.spawn<recorder>(std::move(to));
}

node::node(std::string name, std::vector<std::string> seeds, const edit& change) {
  init_types();
  config_ = std::make_unique<caf::actor_system_config>();
  if (auto wrong = load(*config_)) {
    started_.problem = {errc::bad_option, to_string(wrong)};
    return;
  }
  compat::set_config(*config_, compat::config_key("middleman.heartbeat-interval"),
                     caf::timespan{1s});
  compat::set_config(*config_, compat::config_key("middleman.connection-timeout"),
                     caf::timespan{20s});
  compat::set_config(*config_, compat::config_key("scheduler.max-threads"), std::size_t{2});
  compat::prefer_quick_workers(*config_);
  system_ = std::make_unique<caf::actor_system>(*config_);
  endpoint_config x;
  x.cluster = "test";
  x.node = std::move(name);
  static std::atomic<std::uint64_t> life{1};
  x.inc = {life++, 7};
  x.seeds = std::move(seeds);
  x.links.backoff = {20ms, 500ms};
  x.links.second_dialer = 200ms;
  x.links.tick_period = 20ms;
  x.links.ping_interval = 200ms;
  x.links.silence = 20s; // a busy machine is no dead one
  if (change) change(x);
  started_ = start_endpoint(*system_, x);
  if (started_.problem) return;
  recorder_ = spawn_recorder(*system_, record_);
  compat::anon_send(started_.endpoint, observe_endpoint{recorder_});
  attach("t");
}

node::~node() {
  stop();
  recorder_ = nullptr;
  started_.endpoint = nullptr;
}

void node::stop() {
  if (system_ == nullptr) return;
  if (started_.endpoint) {
    caf::scoped_actor self{*system_};
    compat::request(self, started_.endpoint, 60s, stop_endpoint{})
        .receive([] {}, [this](caf::error&) { answered_stop_ = false; });
  }
  recorder_ = nullptr;
  started_.endpoint = nullptr;
  system_.reset();
}

void node::crash() {
  if (system_ == nullptr) return;
  compat::anon_send(started_.endpoint,
                    caf::exit_msg{caf::actor_addr{}, caf::error{caf::exit_reason::kill}});
  recorder_ = nullptr;
  started_.endpoint = nullptr;
  system_.reset();
}

void node::attach(const std::string& tracker, std::uint32_t pool_size, std::uint64_t broadcast_ms) {
  compat::anon_send(started_.endpoint, attach_shard{tracker, 0, pool_size, broadcast_ms, 30'000,
                                                    1'200'000, recorder_});
}

void node::send(const std::string& to, const std::string& bytes, const std::string& tracker) {
  compat::anon_send(started_.endpoint,
                    send_frame{{to}, tracker, 0, std::make_shared<const std::string>(bytes)});
}

void node::block(const std::string& peer, bool in, bool out) {
  caf::scoped_actor self{*system_};
  compat::request(self, started_.endpoint, 60s, block_peer{peer, in, out})
      .receive([] {}, [](caf::error&) {});
}

peer_list node::peers() {
  caf::scoped_actor self{*system_};
  peer_list result;
  compat::request(self, started_.endpoint, 60s, get_peers{})
      .receive([&](const peer_list& x) { result = x; }, [](caf::error&) {});
  return result;
}

cluster_stats node::stats() {
  caf::scoped_actor self{*system_};
  cluster_stats result;
  compat::request(self, started_.endpoint, 60s, get_endpoint_stats{})
      .receive([&](const endpoint_stats& x) { result = x.stats; }, [](caf::error&) {});
  return result;
}

mute_listener::mute_listener(int backlog) {
  fd_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in x{};
  x.sin_family = AF_INET;
  x.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof x;
  if (::bind(fd_, reinterpret_cast<sockaddr*>(&x), sizeof x) != 0 || ::listen(fd_, backlog) != 0
      || ::getsockname(fd_, reinterpret_cast<sockaddr*>(&x), &size) != 0)
    return;
  port_ = ntohs(x.sin_port);
}

mute_listener::~mute_listener() { close(); }

std::string mute_listener::close() {
  if (fd_ >= 0) ::close(std::exchange(fd_, -1));
  return address();
}

int mute_listener::accept_for(std::chrono::milliseconds most) const {
  pollfd x{fd_, POLLIN, 0};
  if (::poll(&x, 1, static_cast<int>(most.count())) != 1) return -1;
  return ::accept4(fd_, nullptr, nullptr, SOCK_CLOEXEC);
}

closing_listener::closing_listener()
    : thread_([this] {
        while (!stop_)
          if (const int fd = listener_.accept_for(50ms); fd >= 0) ::close(fd);
      }) {}

closing_listener::~closing_listener() {
  stop_ = true;
  thread_.join();
}

} // namespace rollcall::cluster::test
