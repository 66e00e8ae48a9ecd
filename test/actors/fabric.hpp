// A cluster without a network: endpoints of several actor systems of this
// process that hand each other frames. Outlives them.
#pragma once

#include "actors/access.hpp"
#include "actors/node_state.hpp"
#include "test/actors/fixture.hpp"

#include <map>
#include <tuple>

namespace fixture {

class fabric {
public:
  /// The endpoint of a node, in that actor system; linked with all others.
  rollcall::cluster_node join(test_system& system, const std::string& name) {
    auto endpoint = system.get().spawn([this, name](caf::event_based_actor*) -> caf::behavior {
      return {
          [this, name](const rollcall::cluster::attach_shard& x) { attach(name, x); },
          [this, name](const rollcall::cluster::detach_shard& x) {
            const std::lock_guard guard{mutex_};
            shards_.erase({name, x.tracker, x.shard});
          },
          [this, name](const rollcall::cluster::send_frame& x) { pass(name, x); },
          [this, name](const rollcall::cluster::send_dispatch& x) { return pass(name, x); },
          [](const rollcall::cluster::resolve_remote&) -> caf::result<rollcall::cluster::resolved> {
            return rollcall::make_error(errc::unreachable); // handles do not pass here
          },
      };
    });
    system.adopt(endpoint);
    auto state = std::make_shared<rollcall::actors::node_state>();
    state->system = &system.get();
    state->endpoint = endpoint;
    state->name = name;
    return rollcall::actors::access::make_node(std::move(state));
  }
  /// Frames between them are lost from now on.
  void cut(const std::string& a, const std::string& b, bool yes = true) {
    const std::lock_guard guard{mutex_};
    for (const auto& pair : {std::pair{a, b}, std::pair{b, a}})
      if (yes)
        cuts_.insert(pair);
      else
        cuts_.erase(pair);
  }

  /// How many dispatches went to that node.
  std::size_t dispatches(const std::string& node) {
    const std::lock_guard guard{mutex_};
    return dispatches_[node];
  }

private:
  using address = std::tuple<std::string, std::string, std::uint32_t>;

  void attach(const std::string& name, const rollcall::cluster::attach_shard& x) {
    const std::lock_guard guard{mutex_};
    shards_[{name, x.tracker, x.shard}] = x.handle;
    for (const auto& [where, shard] : shards_) {
      const auto& [node, tracker, number] = where;
      if (node == name || tracker != x.tracker || number != x.shard) continue;
      rollcall::compat::anon_send(x.handle, rollcall::cluster::link_changed{node, true});
      rollcall::compat::anon_send(shard, rollcall::cluster::link_changed{name, true});
    }
  }
  rollcall::cluster::dispatched pass(const std::string& name,
                                     const rollcall::cluster::send_dispatch& x) {
    const std::lock_guard guard{mutex_};
    rollcall::cluster::dispatched result;
    for (const auto& node : x.nodes) {
      const auto found = shards_.find({node, x.tracker, x.shard});
      const bool sent = found != shards_.end() && cuts_.count({name, node}) == 0;
      result.sent.push_back(sent);
      if (!sent) continue;
      ++dispatches_[node];
      rollcall::compat::anon_send(found->second,
                                  rollcall::cluster::message_for_topic{x.topic, x.content});
    }
    return result;
  }
  void pass(const std::string& name, const rollcall::cluster::send_frame& x) {
    const std::lock_guard guard{mutex_};
    for (const auto& to : x.to) {
      const auto found = shards_.find({to, x.tracker, x.shard});
      if (found == shards_.end() || cuts_.count({name, to}) != 0) continue;
      rollcall::compat::anon_send(found->second, rollcall::cluster::frame_received{name, *x.bytes});
    }
  }

  std::mutex mutex_;
  std::map<address, caf::actor> shards_;
  std::set<std::pair<std::string, std::string>> cuts_;
  std::map<std::string, std::size_t> dispatches_;
};

/// Short periods, so that a silent node is down within 0.2 s.
inline rollcall::tracker_options quick(std::size_t pool_size = 1) {
  rollcall::tracker_options x;
  x.name = "lobby";
  x.pool_size = pool_size;
  x.broadcast_period = 50ms;
  x.max_silent_periods = 2;
  x.flush_interval = 5ms;
  x.permdown_period = 120s;
  return x;
}

/// The same, and no busy machine makes a node miss its `down_period`.
inline rollcall::tracker_options patient(std::size_t pool_size = 1) {
  auto x = quick(pool_size);
  x.down_period = 60s;
  return x;
}

/// Two linked nodes, "a" and "b", each with one tracker.
struct two_nodes {
  explicit two_nodes(const rollcall::tracker_options& options = patient(),
                     rollcall::handler_factory of_b = {})
      : a(sa.started(options, {}, frames.join(sa, "a"))),
        b(sb.started(options, std::move(of_b), frames.join(sb, "b"))) {}

  /// Frames between the two are lost from now on, or no longer.
  void cut(bool yes = true) { frames.cut("a", "b", yes); }

  fabric frames;
  test_system sa, sb;
  rollcall::tracker a, b;
};

} // namespace fixture
