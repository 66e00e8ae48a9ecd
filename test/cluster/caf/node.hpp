// Whole nodes for the tests of the links: an actor system of its own each, one
// shard that writes down what it gets, and an observer. Nothing here waits for
// longer than it must, or fails because the machine is busy.
#pragma once

#include "cluster/caf/messages.hpp"
#include "cluster/caf/start.hpp"
#include "cluster/wire/envelope.hpp"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

namespace rollcall::cluster::test {

/// What the actors of a test tell its thread.
class record {
public:
  struct state {
    std::vector<frame_received> frames;
    std::vector<link_changed> link_changes;
    std::set<std::string> links;
    std::vector<cluster_event> events;
    unsigned peer_downs = 0;
  };

  void change(const std::function<void(state&)>& f) {
    {
      const std::lock_guard lock{mutex_};
      f(state_);
    }
    changed_.notify_all();
  }

  /// False if it has not come true in a time in which it must.
  bool wait(const std::function<bool(const state&)>& f,
            std::chrono::seconds most = std::chrono::seconds{60}) {
    std::unique_lock lock{mutex_};
    return changed_.wait_for(lock, most, [&] { return f(state_); });
  }

  state copy() {
    const std::lock_guard lock{mutex_};
    return state_;
  }

private:
  std::mutex mutex_;
  std::condition_variable changed_;
  state state_;
};

caf::actor spawn_recorder(caf::actor_system&, std::shared_ptr<record>);

class node {
public:
  using edit = std::function<void(endpoint_config&)>;

  /// Starts; `problem()` says whether that went well.
  node(std::string name, std::vector<std::string> seeds, const edit& = {});
  ~node(); ///< in order
  node(const node&) = delete;
  node& operator=(const node&) = delete;

  const rollcall::problem& problem() const { return started_.problem; }
  const std::string& address() const { return started_.listen; }
  const caf::actor& endpoint() const { return started_.endpoint; }
  caf::actor_system& system() { return *system_; }
  record& seen() { return *record_; }

  void stop();  ///< in order; false from `stopped` if there was no answer
  void crash(); ///< the connections break, nobody is told
  bool answered_stop() const { return answered_stop_; }

  void attach(const std::string& tracker, std::uint32_t pool_size = 1,
              std::uint64_t broadcast_ms = 1500);
  void send(const std::string& to, const std::string& bytes, const std::string& tracker = "t");
  void block(const std::string& peer, bool in, bool out);
  peer_list peers();
  cluster_stats stats();

  bool wait_links(const std::set<std::string>& to) {
    return record_->wait([&](const record::state& x) { return x.links == to; });
  }
  bool wait_event(cluster_event_kind kind, errc code = errc::none) {
    return record_->wait([&](const record::state& x) {
      return std::any_of(x.events.begin(), x.events.end(),
                         [&](const cluster_event& e) { return e.kind == kind && e.code == code; });
    });
  }
  bool wait_refusal(errc code, const std::string& text) {
    return record_->wait([&](const record::state& x) {
      return std::any_of(x.events.begin(), x.events.end(), [&](const cluster_event& e) {
        return e.kind == cluster_event_kind::refused && e.code == code
               && e.text.find(text) != std::string::npos;
      });
    });
  }
  bool wait_frames(std::size_t n) {
    return record_->wait([&](const record::state& x) { return x.frames.size() >= n; });
  }

private:
  std::unique_ptr<caf::actor_system_config> config_;
  std::unique_ptr<caf::actor_system> system_;
  std::shared_ptr<record> record_ = std::make_shared<record>();
  started_endpoint started_;
  caf::actor recorder_;
  bool answered_stop_ = true;
};

/// Listens on a port of loopback, and says nothing to whoever connects.
class mute_listener {
public:
  explicit mute_listener(int backlog = 128);
  ~mute_listener();
  mute_listener(const mute_listener&) = delete;
  mute_listener& operator=(const mute_listener&) = delete;
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }
  /// The next connection, the caller's to close; -1 if none comes in time.
  int accept_for(std::chrono::milliseconds) const;
  /// Stops listening: the address of a port at which nobody is.
  std::string close();

private:
  int fd_ = -1;
  std::uint16_t port_ = 0;
};

/// Takes connections, and closes them at once.
class closing_listener {
public:
  closing_listener();
  ~closing_listener();
  closing_listener(const closing_listener&) = delete;
  closing_listener& operator=(const closing_listener&) = delete;
  std::string address() const { return listener_.address(); }

private:
  mute_listener listener_;
  std::atomic<bool> stop_{false};
  std::thread thread_;
};

} // namespace rollcall::cluster::test
