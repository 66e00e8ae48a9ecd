// Handles of actors that other nodes track, on demand.
//
// A node is asked over its own link, and answers with a handle of its own: no
// third node stands between. What travels are types that CAF itself numbers.
#include "cluster/caf/endpoint.hpp"

#include <chrono>
#include <memory>
#include <utility>

namespace rollcall::cluster {

using namespace std::chrono_literals;

namespace {

// Who asks waits no longer than this; what comes later finds nobody.
constexpr auto patience = 10s;

} // namespace

/// From a shard's node: ask the other one.
caf::result<resolved> endpoint::resolve(const resolve_remote& x) {
  const auto channel = mesh_ == nullptr ? 0 : mesh_->link_to(x.who.replica.name);
  const auto i = remotes_.find(channel);
  if (i == remotes_.end() || stopped_) return make_error(errc::unreachable);
  auto promise = compat::make_promise<resolved>(this);
  compat::request(
      this, i->second.handle, patience,
      caf::make_message(x.tracker, x.who.actor, x.who.replica.inc.start_us, x.who.replica.inc.salt))
      .then(
          [promise](const caf::strong_actor_ptr& handle) mutable {
            if (handle)
              promise.deliver(resolved{handle});
            else
              promise.deliver(make_error(errc::nopresence));
          },
          [promise](const caf::error&) mutable { promise.deliver(make_error(errc::unreachable)); });
  return promise;
}

/// From the other node: ask our shards. Null is the answer for what none tracks.
caf::result<caf::strong_actor_ptr>
endpoint::on_resolve(const std::string& tracker, std::uint64_t actor, const incarnation& life) {
  const auto entries = shards_.find(tracker);
  if (channels_.count(current_sender().get()) == 0 || entries == shards_.end() || stopped_)
    return caf::strong_actor_ptr{};
  auto promise = compat::make_promise<caf::strong_actor_ptr>(this);
  struct gathering {
    std::size_t left;
    caf::strong_actor_ptr found;
    decltype(promise) to;
    void one_less() {
      if (--left == 0) to.deliver(found);
    }
  };
  const auto all = std::make_shared<gathering>(gathering{entries->second.size(), nullptr, promise});
  for (const auto& entry : entries->second)
    compat::request(this, entry.handle, patience, find_actor{actor, life})
        .then(
            [all](const resolved& x) {
              if (x.handle) all->found = x.handle;
              all->one_less();
            },
            [all](const caf::error&) { all->one_less(); });
  return promise;
}

} // namespace rollcall::cluster
