// Resolves handles of actors that other nodes track.
//
// The request goes over the link to the node that tracks the actor, and the response has a
// handle of that node: no third node is involved. The messages consist of types that CAF
// itself registers, and a handle is sent in a message of its own, so that the checker
// (cluster/wire/basp_check.hpp) can verify that the handle belongs to the peer.
#include "cluster/caf/endpoint.hpp"

#include <chrono>
#include <memory>
#include <utility>

namespace rollcall::cluster {

using namespace std::chrono_literals;

namespace {

// Time limit of a request; later responses are ignored.
constexpr auto patience = 10s;

} // namespace

/// The pending requests of one resolve_remote. It ends with the last response, with the
/// link, or after the time limit.
struct endpoint::pending_resolve {
  using promise_type = decltype(compat::make_promise<resolved>(std::declval<endpoint*>()));
  promise_type promise;
  resolved found;
  std::size_t left = 0;
  bool done = false;
};

/// A request of one of our shards: asks the other node.
caf::result<resolved> endpoint::resolve(const resolve_remote& x) {
  if (x.who.size() > max_resolved) return make_error(errc::limit_reached);
  const auto channel = mesh_ == nullptr ? 0 : mesh_->link_to(x.node);
  const auto i = remotes_.find(channel);
  if (i == remotes_.end() || stopped_) return make_error(errc::unreachable);
  auto promise = compat::make_promise<resolved>(this);
  auto pending = std::make_shared<pending_resolve>(pending_resolve{promise, {}, x.who.size()});
  pending->found.handles.resize(x.who.size());
  if (x.who.empty()) {
    promise.deliver(pending->found);
    return promise;
  }
  const auto entry = resolves_.emplace(channel, pending);
  const auto end = [this, pending, entry](bool reached) {
    if (pending->done || (reached && --pending->left != 0)) return;
    pending->done = true;
    resolves_.erase(entry);
    if (reached)
      pending->promise.deliver(std::move(pending->found));
    else
      pending->promise.deliver(make_error(errc::unreachable));
  };
  for (std::size_t k = 0; k < x.who.size(); ++k)
    compat::request(
        this, i->second.handle, patience,
        caf::make_message(x.tracker, x.who[k].actor, x.who[k].life.start_us, x.who[k].life.salt))
        .then(
            [end, pending, k](const caf::strong_actor_ptr& handle) {
              if (!pending->done) pending->found.handles[k] = handle;
              end(true);
            },
            [end](const caf::error&) { end(false); });
  return promise;
}

/// The link is lost: there will be no response.
void endpoint::end_resolves(channel_id channel) {
  const auto [first, last] = resolves_.equal_range(channel);
  std::vector<std::shared_ptr<pending_resolve>> ended;
  for (auto i = first; i != last; ++i) ended.push_back(i->second);
  resolves_.erase(first, last);
  for (const auto& x : ended) {
    x->done = true;
    x->promise.deliver(make_error(errc::unreachable));
  }
}

/// A request of another node: asks our shards. Responds with null if none tracks the actor.
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
    compat::request(this, entry.handle, patience, find_actors{{{actor, life}}})
        .then(
            [all](const resolved& x) {
              if (!x.handles.empty() && x.handles[0]) all->found = x.handles[0];
              all->one_less();
            },
            [all](const caf::error&) { all->one_less(); });
  return promise;
}

} // namespace rollcall::cluster
