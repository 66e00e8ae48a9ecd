#include "actors/shard.hpp"

#include "actors/clock.hpp"
#include "actors/takeover.hpp"

#include <algorithm>
#include <limits>

namespace rollcall::actors {

namespace {

template <class T>
caf::result<T> answer_with(expected<T> x) {
  if (!x) return std::move(x.error());
  return std::move(*x);
}

template <class Promise>
auto deliver_to(Promise promise) {
  return [promise](auto x) mutable {
    if (x)
      promise.deliver(std::move(*x));
    else
      promise.deliver(std::move(x.error()));
  };
}

caf::result<void> done_or(caf::error x) {
  if (x) return x;
  return {};
}

/// Limits the value to one more than the longest ttl, so that it fits into a duration.
millis ttl_of(std::uint64_t ms) {
  const auto most = static_cast<std::uint64_t>(max_lease_ttl.count()) + 1;
  return millis{static_cast<millis::rep>(std::min(ms, most))};
}

} // namespace

shard::shard(caf::actor_config& cfg, std::shared_ptr<pool> x, std::uint32_t number, farewell over)
    : inner_shard::base(cfg),
      farewell_(std::move(over)),
      pool_(std::move(x)),
      number_(number),
      memory_(pool_->memory(number)),
      handler_(pool_),
      journal_(pool_->options().limits.max_journal_entries,
               pool_->options().limits.max_journal_bytes),
      on_down_([this](const caf::actor_addr& who, const caf::error&) { ended(who); }),
      counted_(system()) {
  pool_->shard_begins();
}

shard::~shard() {
  if (!over_) pool_->shard_ends();
}

template <class F, class Result, class Message>
auto shard::wrapped(F handler, Result (F::*)(const Message&) const) {
  return [this, handler = std::move(handler)](const Message& x) -> Result {
    const message_scope now{*this};
    something_came_ = true;
    return handler(x);
  };
}

template <class F>
auto shard::operation(F handler) {
  return wrapped(std::move(handler), &F::operator());
}

shard::behavior_type shard::make_behavior() {
  compat::set_down_handler(this, on_down_);
  // The shard ends with the text of the exception, which the supervisor reports. CAF's own
  // handler would write to stderr.
  set_exception_handler([](std::exception_ptr& x) -> caf::error {
    return caf::make_error(caf::sec::runtime_error, what_of(x));
  });
  compat::set_default_handler(this, [this](caf::message x) {
    const message_scope now{*this};
    something_came_ = true;
    heard(info{std::move(x)});
  });
  return {
      [this](const track_msg& x) -> caf::result<track_reply> { return track_with_others(x); },
      operation([this](const track_many_msg& x) -> caf::result<track_many_reply> {
        return track_many(x.who, x.topic, x.keys, x.meta);
      }),
      operation([this](const update_msg& x) -> caf::result<update_reply> {
        return answer_with(update(x.who, x.topic, x.key, x.meta));
      }),
      operation([this](const update_with_msg& x) -> caf::result<update_reply> {
        return answer_with(update(x.who, x.topic, x.key, x.next));
      }),
      operation([this](const update_pid_msg& x) -> caf::result<update_reply> {
        return answer_with(update(x.who, x.topic, x.key, x.meta));
      }),
      operation([this](const untrack_msg& x) -> caf::result<void> {
        return done_or(untrack(x.who, x.topic, x.key));
      }),
      operation([this](const untrack_pid_msg& x) -> caf::result<void> {
        return done_or(untrack(x.who, x.topic, x.key));
      }),
      operation([this](const untrack_actor_msg& x) -> caf::result<void> {
        auto promise = compat::make_promise<void>(this);
        untrack_all(x.who, [promise](caf::error e) mutable {
          if (e)
            promise.deliver(std::move(e));
          else
            compat::deliver_done(promise);
        });
        return promise;
      }),
      operation([this](const track_lease_msg& x) -> caf::result<lease_reply> {
        return answer_with(track_lease(x.topic, x.key, x.meta, ttl_of(x.ttl_ms)));
      }),
      operation([this](const renew_msg& x) -> caf::result<renew_reply> {
        return answer_with(
            renew(x.leases, x.ttl_ms == 0 ? std::nullopt : std::optional{ttl_of(x.ttl_ms)}));
      }),
      operation([this](const update_lease_msg& x) -> caf::result<update_reply> {
        return answer_with(update(x.lease, x.meta));
      }),
      operation([this](const untrack_lease_msg& x) -> caf::result<void> {
        return done_or(untrack(x.lease));
      }),
      operation([this](const find_lease_msg& x) -> caf::result<presences_reply> {
        auto found = find(x.lease);
        if (!found) return std::move(found.error());
        presences_reply result;
        result.presences.push_back(std::move(*found));
        return result;
      }),
      operation([this](const list_msg& x) -> caf::result<presences_reply> {
        return copied(table()->list(x.topic));
      }),
      operation([this](const get_by_key_msg& x) -> caf::result<presences_reply> {
        return copied(table()->get_by_key(x.topic, x.key));
      }),
      operation([this](const dirty_list_msg& x) -> caf::result<presences_reply> {
        return copied(table()->dirty_list(x.topic));
      }),
      operation([this](const count_msg& x) -> caf::result<count_reply> {
        const auto here = table();
        return count_reply{here->count(x.topic), here->count_keys(x.topic)};
      }),
      operation([this](const topics_msg&) -> caf::result<topics_reply> {
        topics_reply result;
        for (auto& [topic, count] : table()->topics()) result.topics.emplace_back(topic, count);
        return result;
      }),
      operation([this](const replicas_msg&) -> caf::result<replicas_reply> {
        return replicas_reply{replicas()};
      }),
      operation(
          [this](const stats_msg&) -> caf::result<stats_reply> { return stats_reply{stats()}; }),
      operation([this](const resolve_msg& x) -> caf::result<resolve_reply> {
        auto promise = compat::make_promise<resolve_reply>(this);
        resolve(x.who, deliver_to(promise));
        return promise;
      }),
      operation([this](const dispatch_msg& x) -> caf::result<dispatch_reply> {
        auto promise = compat::make_promise<dispatch_reply>(this);
        dispatch(x.topic, x.content, x.local, deliver_to(promise));
        return promise;
      }),
      operation([this](const why_msg& x) -> caf::result<why_reply> {
        auto found = why(x.topic, x.key);
        if (!found) return std::move(found.error());
        return why_reply{std::move(*found)};
      }),
      operation([this](const subscribe_msg& x) -> caf::result<subscribe_reply> {
        return answer_with(subscribe(x));
      }),
      operation([this](const unsubscribe_msg& x) { unsubscribe(x.id); }),
      operation([this](const observe_msg& x) -> caf::result<void> {
        if (const auto e = pool_->observe(x.who); e != errc::none) return make_error(e);
        return {};
      }),
      operation([this](const info_msg& x) { heard(info{x.content}); }),
      operation([this](const drain_msg& x) -> caf::result<void> {
        constexpr auto most = static_cast<std::uint64_t>(std::numeric_limits<millis::rep>::max());
        return done_or(drain(millis{static_cast<millis::rep>(std::min(x.lease_ms, most))}));
      }),
      // In a pool, these end the whole tracker: its supervisor would restart a shard that
      // ends by itself.
      operation([this](const permdown_msg& x) -> caf::result<void> {
        if (pool_->supervised()) return end_pool(x);
        stop(true);
        return {};
      }),
      operation([this](const stop_msg& x) -> caf::result<void> {
        if (pool_->supervised()) return end_pool(x);
        stop(pool_->options().permdown_on_shutdown);
        return {};
      }),
      operation([this](const call_msg& x) {
        if (x.run) x.run(this);
      }),
      [this](const timer_msg& x) { handle(x); },
      [this](const cluster::frame_received& x) { hear(x); },
      [this](const cluster::link_changed& x) { hear(x); },
      [this](const cluster::find_actors& x) -> caf::result<cluster::resolved> {
        return cluster::resolved{find(x.who)};
      },
      [this](const cluster::message_for_topic& x) { hand_out(x); },
  };
}

template <class Message>
caf::result<void> shard::end_pool(const Message& x) {
  if (auto whole = pool_->supervisor()) return compat::delegate(this, whole, x);
  return make_error(errc::shutting_down);
}

errc shard::closed() const noexcept {
  if (const auto e = pool_->ended(); e != errc::none) return e;
  return machine_ && !stopped_ ? errc::none : errc::shutting_down;
}

std::shared_ptr<crdt::presence_table> shard::table() const {
  return machine_ ? machine_->state().shared_table()
                  : std::make_shared<crdt::presence_table>(pool_->options().limits);
}

void shard::start(const std::function<void(init_result)>& report) {
  assert(!machine_);
  auto result = handler_.start(number_, address());
  if (result.what() != init_result::kind::ok) {
    handler_.end();
    report(std::move(result));
    quit();
    return;
  }
  const auto& options = pool_->options();
  const auto first = static_cast<std::uint64_t>(options.broadcast_period.count()) / 4;
  const auto start = steady_now();
  next_tick_ = start + millis{random_below(first)};
  machine_.emplace(replica_id{pool_->node_name(), next_incarnation()}, options, start, next_tick_);
  pool_->set_life(number_, machine_->self());
  handler_counts_ = handler_.wants_first_and_last();
  set_wall_clock();
  restore();
  attach_to_endpoint();
  set_timer(timer::tick, next_tick_ - start);
  const auto next = result.next();
  something_came_ = false;
  if (auto timeout = result.timeout()) set_timer(timer::idle, *timeout);
  report(std::move(result));
  if (next) failed(handler_.run(next));
}

// Takes over the presences of the life before. In one piece, however many there are: no
// message can be handled before the shard is complete.
void shard::restore() {
  const auto old =
      pool_->read(number_, [](const published_shard* x) { return x ? x->table : nullptr; });
  const auto taken = old ? own_presences(*old, pool_->node_name()) : takeover{};
  pool_->publish(number_, {self(), machine_->state().shared_table(), errc::none});
  restoring_ = true;
  auto tracked = std::exchange(memory_->tracked, {});
  for (const auto& x : taken.own) {
    if (restore_lease(x)) continue;
    const auto who = tracked.find(x.actor());
    if (who == tracked.end() || !caf::actor_cast<caf::strong_actor_ptr>(who->second)) continue;
    carry_out(step(cluster::op_restore{x.topic(), x.key(), x.actor(), x.meta().bytes(), x.ref(),
                                       x.prev_ref()}));
    watch_tracked(who->second);
  }
  memory_->leases.keep_only(
      [&](std::uint64_t x) { return machine_->state().table().count_of_actor(x) != 0; });
  arm_lease_timer();
  restoring_ = false;
  if (const auto until = memory_->drain_until)
    carry_out(step(cluster::op_drain{std::max(*until - steady_now(), cluster::instant{1})}));
  for (auto id : memory_->subscriptions.ids()) {
    auto& x = *memory_->subscriptions.find(id);
    x.credit = {};
    x.later.clear();
    watch_subscriber(x.who);
    send_state(x);
  }
}

void shard::stop(bool bye) {
  if (std::exchange(stopped_, true)) return;
  if (machine_) {
    if (bye)
      step_and_carry_out(cluster::say_bye{});
    else
      step_and_carry_out(cluster::timer_due{});
  }
  pool_->publish(number_, {});
  quit();
}

void shard::on_exit() {
  if (machine_) {
    // The counters continue in the next life.
    memory_->before = stats();
    memory_->before.presences = memory_->before.memory_bytes = 0;
    memory_->before.monitored = memory_->before.subscriptions = 0;
  }
  if (endpoint_) compat::anon_send(endpoint_, cluster::detach_shard{pool_->name(), number_});
  endpoint_ = nullptr;
  handler_.end();
  machine_.reset();
  watches_.clear();
  // It is unknown whether pending operations took place, unless the tracker ends.
  const auto ended = pool_->ended();
  const auto why = ended != errc::none ? ended : errc::timed_out;
  fail_tracks(why);
  copies_.fail(why);
  for (auto& [actor, answer] : std::exchange(untracking_, {})) answer(make_error(why));
  if (!pool_->supervised()) pool_->close();
  if (!std::exchange(over_, true)) pool_->shard_ends();
  if (farewell_) std::exchange(farewell_, nullptr)(address());
}

} // namespace rollcall::actors
