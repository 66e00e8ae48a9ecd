// A cluster without a network: endpoints of several actor systems of this
// process that hand each other frames. Outlives them.
#pragma once

#include "actors/cluster_impl.hpp"
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
    auto impl = std::make_shared<rollcall::cluster_node::impl>();
    impl->system = &system.get();
    impl->endpoint = endpoint;
    impl->name = name;
    return rollcall::cluster_node{impl};
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

} // namespace fixture
