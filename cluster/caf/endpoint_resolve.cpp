// Handles of actors that other nodes track, on demand.
//
// A node is asked over its own link, and answers with handles of its own: no
// third node stands between. What travels are types that CAF itself numbers: the
// question is {tracker, packed numbers}; the answer is a text with '1' for each
// actor that was found and '0' for the others, and the handles of those found.
#include "cluster/caf/endpoint.hpp"
#include "cluster/wire/bytes.hpp"

#include <algorithm>
#include <chrono>
#include <memory>
#include <utility>

namespace rollcall::cluster {

using namespace std::chrono_literals;

namespace {

// Who asks waits no longer than this; what comes later finds nobody.
constexpr auto patience = 10s;

std::string pack_actors(const std::vector<actor_number>& who) {
  std::string result;
  crdt::append_varint(result, who.size());
  for (const auto& x : who)
    for (auto number : {x.life.start_us, x.life.salt, x.actor}) crdt::append_varint(result, number);
  return result;
}

/// Nothing for what is no such text.
std::optional<std::vector<actor_number>> unpack_actors(std::string_view bytes) {
  reader in{bytes};
  const auto count = in.varint(std::min(max_resolved, bytes.size() / 3));
  std::vector<actor_number> result;
  result.reserve(count);
  for (std::uint64_t i = 0; i < count && in.ok(); ++i) {
    actor_number x;
    x.life.start_us = in.varint();
    x.life.salt = in.varint();
    x.actor = in.varint();
    result.push_back(x);
  }
  if (!in.done()) return std::nullopt;
  return result;
}

} // namespace

/// A question under way. It ends with its answer, with its link, or in time.
struct endpoint::pending_resolve {
  using promise_type = decltype(compat::make_promise<resolved>(std::declval<endpoint*>()));
  promise_type promise;
  bool done = false;

  template <class T>
  void end(T x) {
    if (!std::exchange(done, true)) promise.deliver(std::move(x));
  }
};

/// From a shard's node: ask the other one.
caf::result<resolved> endpoint::resolve(const resolve_remote& x) {
  if (x.who.size() > max_resolved) return make_error(errc::limit_reached);
  const auto channel = mesh_ == nullptr ? 0 : mesh_->link_to(x.node);
  const auto i = remotes_.find(channel);
  if (i == remotes_.end() || stopped_) return make_error(errc::unreachable);
  auto promise = compat::make_promise<resolved>(this);
  auto pending = std::make_shared<pending_resolve>(pending_resolve{promise});
  const auto entry = resolves_.emplace(channel, pending);
  // The entry is gone when the question was ended by its link.
  const auto over = [this, pending, entry](auto answer) {
    if (!pending->done) resolves_.erase(entry);
    pending->end(std::move(answer));
  };
  const auto count = x.who.size();
  compat::request(this, i->second.handle, patience,
                  caf::make_message(x.tracker, pack_actors(x.who)))
      .then(
          [over, count](const std::string& found, const std::vector<caf::actor>& handles) {
            resolved result;
            result.handles.resize(count);
            std::size_t next = 0;
            for (std::size_t k = 0; k < std::min(count, found.size()); ++k)
              if (found[k] == '1' && next < handles.size())
                result.handles[k] = caf::actor_cast<caf::strong_actor_ptr>(handles[next++]);
            over(std::move(result));
          },
          [over](const caf::error&) { over(make_error(errc::unreachable)); });
  return promise;
}

/// The link is lost: nobody will answer.
void endpoint::end_resolves(channel_id channel) {
  const auto [first, last] = resolves_.equal_range(channel);
  std::vector<std::shared_ptr<pending_resolve>> ended;
  for (auto i = first; i != last; ++i) ended.push_back(i->second);
  resolves_.erase(first, last);
  for (const auto& x : ended) x->end(make_error(errc::unreachable));
}

/// From the other node: ask our shards.
caf::result<std::string, std::vector<caf::actor>> endpoint::on_resolve(const std::string& tracker,
                                                                       const std::string& bytes) {
  const auto entries = shards_.find(tracker);
  const auto who = unpack_actors(bytes);
  auto promise = make_response_promise<std::string, std::vector<caf::actor>>();
  if (channels_.count(current_sender().get()) == 0 || entries == shards_.end() || !who
      || stopped_) {
    promise.deliver(std::string{}, std::vector<caf::actor>{});
    return promise;
  }
  struct gathering {
    std::size_t left;
    std::vector<caf::strong_actor_ptr> found;
    decltype(promise) to;
    void one_less() {
      if (--left != 0) return;
      std::string which(found.size(), '0');
      std::vector<caf::actor> handles;
      for (std::size_t i = 0; i < found.size(); ++i) {
        if (!found[i]) continue;
        which[i] = '1';
        handles.push_back(caf::actor_cast<caf::actor>(found[i]));
      }
      to.deliver(std::move(which), std::move(handles));
    }
  };
  const auto all = std::make_shared<gathering>(
      gathering{entries->second.size(), std::vector<caf::strong_actor_ptr>(who->size()), promise});
  for (const auto& entry : entries->second)
    compat::request(this, entry.handle, patience, find_actors{*who})
        .then(
            [all](const resolved& x) {
              for (std::size_t i = 0; i < std::min(all->found.size(), x.handles.size()); ++i)
                if (x.handles[i]) all->found[i] = x.handles[i];
              all->one_less();
            },
            [all](const caf::error&) { all->one_less(); });
  return promise;
}

} // namespace rollcall::cluster
