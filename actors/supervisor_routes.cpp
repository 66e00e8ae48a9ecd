// Forwards messages to the tracker as one actor.
#include "actors/supervisor.hpp"

#include <algorithm>
#include <map>
#include <utility>

namespace rollcall::actors {

template <class Reply, class Message>
caf::result<Reply> supervisor::to_shard_of(std::string_view topic, const Message& x) {
  return to_shard<Reply>(pool_->shard_of(topic), x);
}

template <class Reply, class Message>
caf::result<Reply> supervisor::to_shard(std::size_t number, const Message& x) {
  if (number >= pool_->size()) return make_error(errc::no_such_lease);
  auto why = errc::none;
  const auto handle = pool_->handle(number, why);
  if (!handle) return make_error(why);
  return compat::delegate(this, handle, x);
}

namespace {

/// A request to all shards that waits for responses.
template <class Promise, class Reply>
struct gathering {
  explicit gathering(Promise x) : promise(std::move(x)) {}
  Promise promise;
  Reply sum{};
  std::size_t left = 1; // one for the function that sends the requests
  caf::error failure;

  void one_less() {
    if (--left != 0) return;
    if (failure)
      promise.deliver(std::move(failure));
    else if constexpr (std::is_same_v<Reply, actors::done>)
      compat::deliver_done(promise);
    else
      promise.deliver(std::move(sum));
  }
};

} // namespace

template <class Reply, class Message, class Join>
caf::result<Reply> supervisor::to_all(const Message& x, Join join) {
  auto promise = compat::make_promise<Reply>(this);
  auto all = std::make_shared<gathering<decltype(promise), Reply>>(promise);
  for (std::size_t i = 0; i < pool_->size(); ++i) {
    auto why = errc::none;
    const auto handle = pool_->handle(i, why);
    if (!handle) {
      if (why != errc::ignored) all->failure = make_error(why);
      continue;
    }
    ++all->left;
    compat::request(this, handle, caf::infinite, x)
        .then(
            [all, join](const Reply& r) {
              join(all->sum, r);
              all->one_less();
            },
            [all](caf::error& e) {
              all->failure = std::move(e);
              all->one_less();
            });
  }
  all->one_less();
  return promise;
}

template <class Message>
caf::result<void> supervisor::to_all(const Message& x) {
  auto promise = compat::make_promise<void>(this);
  auto all = std::make_shared<gathering<decltype(promise), actors::done>>(promise);
  for (std::size_t i = 0; i < pool_->size(); ++i) {
    auto why = errc::none;
    const auto handle = pool_->handle(i, why);
    if (!handle) {
      if (why != errc::ignored) all->failure = make_error(why);
      continue;
    }
    ++all->left;
    compat::request(this, handle, caf::infinite, x)
        .then([all] { all->one_less(); },
              [all](caf::error& e) {
                all->failure = std::move(e);
                all->one_less();
              });
  }
  all->one_less();
  return promise;
}

caf::result<subscribe_reply> supervisor::subscribe(subscribe_msg x) {
  if (x.id == 0) x.id = pool_->next_subscription();
  if (x.what == selection::topic) return to_shard_of<subscribe_reply>(x.text, x);
  return to_all<subscribe_reply>(
      x, [](subscribe_reply& all, const subscribe_reply& one) { all.id = one.id; });
}

caf::result<renew_reply> supervisor::renew(const renew_msg& x) {
  auto promise = compat::make_promise<renew_reply>(this);
  auto all = std::make_shared<gathering<decltype(promise), renew_reply>>(promise);
  std::map<std::uint32_t, renew_msg> parts;
  for (const auto& one : x.leases) parts[one.shard].leases.push_back(one);
  for (auto& [number, part] : parts) {
    auto why = errc::none;
    const auto handle = number < pool_->size() ? pool_->handle(number, why) : inner_shard{};
    if (!handle) {
      auto& missing = all->sum.missing;
      missing.insert(missing.end(), part.leases.begin(), part.leases.end());
      continue;
    }
    ++all->left;
    part.ttl_ms = x.ttl_ms;
    compat::request(this, handle, caf::infinite, std::move(part))
        .then(
            [all](const renew_reply& r) {
              all->sum.renewed += r.renewed;
              all->sum.missing.insert(all->sum.missing.end(), r.missing.begin(), r.missing.end());
              all->one_less();
            },
            [all](caf::error& e) {
              all->failure = std::move(e);
              all->one_less();
            });
  }
  all->one_less();
  return promise;
}

/// Any shard can resolve pids of all.
caf::result<resolve_reply> supervisor::resolve(const resolve_msg& x) {
  auto why = errc::shutting_down;
  for (std::size_t i = 0; i < pool_->size(); ++i)
    if (const auto handle = pool_->handle(i, why)) return compat::delegate(this, handle, x);
  return make_error(why);
}

supervisor::behavior_type supervisor::routes() {
  const auto end = [this](bool bye) -> caf::result<void> {
    auto promise = compat::make_promise<void>(this);
    stop(bye, [promise](caf::error e) mutable {
      if (e)
        promise.deliver(std::move(e));
      else
        compat::deliver_done(promise);
    });
    return promise;
  };
  return {
      [this](const track_msg& x) { return to_shard_of<track_reply>(x.topic, x); },
      [this](const track_many_msg& x) { return to_shard_of<track_many_reply>(x.topic, x); },
      [this](const update_msg& x) { return to_shard_of<update_reply>(x.topic, x); },
      [this](const update_with_msg& x) { return to_shard_of<update_reply>(x.topic, x); },
      [this](const update_pid_msg& x) { return to_shard_of<update_reply>(x.topic, x); },
      [this](const untrack_msg& x) { return to_shard_of<void>(x.topic, x); },
      [this](const untrack_pid_msg& x) { return to_shard_of<void>(x.topic, x); },
      [this](const untrack_actor_msg& x) { return to_all(x); },
      [this](const track_lease_msg& x) { return to_shard_of<lease_reply>(x.topic, x); },
      [this](const renew_msg& x) { return renew(x); },
      [this](const update_lease_msg& x) { return to_shard<update_reply>(x.lease.shard, x); },
      [this](const untrack_lease_msg& x) { return to_shard<void>(x.lease.shard, x); },
      [this](const find_lease_msg& x) { return to_shard<presences_reply>(x.lease.shard, x); },
      [this](const list_msg& x) { return to_shard_of<presences_reply>(x.topic, x); },
      [this](const get_by_key_msg& x) { return to_shard_of<presences_reply>(x.topic, x); },
      [this](const dirty_list_msg& x) { return to_shard_of<presences_reply>(x.topic, x); },
      [this](const count_msg& x) { return to_shard_of<count_reply>(x.topic, x); },
      [this](const topics_msg& x) {
        return to_all<topics_reply>(x, [](topics_reply& all, const topics_reply& one) {
          const auto middle = static_cast<std::ptrdiff_t>(all.topics.size());
          all.topics.insert(all.topics.end(), one.topics.begin(), one.topics.end());
          std::inplace_merge(all.topics.begin(), all.topics.begin() + middle, all.topics.end());
        });
      },
      [this](const replicas_msg& x) {
        return to_all<replicas_reply>(x, [](replicas_reply& all, const replicas_reply& one) {
          all.replicas.insert(all.replicas.end(), one.replicas.begin(), one.replicas.end());
          std::stable_sort(all.replicas.begin(), all.replicas.end(),
                           [](const auto& a, const auto& b) { return a.shard < b.shard; });
        });
      },
      [this](const stats_msg& x) {
        return to_all<stats_reply>(
            x, [](stats_reply& all, const stats_reply& one) { all.stats += one.stats; });
      },
      [this](const resolve_msg& x) { return resolve(x); },
      [this](const dispatch_msg& x) { return to_shard_of<dispatch_reply>(x.topic, x); },
      [this](const why_msg& x) { return to_shard_of<why_reply>(x.topic, x); },
      [this](const subscribe_msg& x) { return subscribe(x); },
      [this](const unsubscribe_msg& x) { return to_all(x); },
      [this](const observe_msg& x) -> caf::result<void> {
        if (const auto e = pool_->observe(x.who); e != errc::none) return make_error(e);
        return {};
      },
      [this](const info_msg& x) { return to_all(x); },
      [this](const drain_msg& x) { return to_all(x); },
      [end](const permdown_msg&) { return end(true); },
      [this, end](const stop_msg&) { return end(pool_->options().permdown_on_shutdown); },
      [this](const call_msg& x) {
        if (x.run) x.run(this);
      },
  };
}

} // namespace rollcall::actors
