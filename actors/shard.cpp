#include "actors/shard.hpp"

#include "actors/clock.hpp"

#include <algorithm>

namespace rollcall::actors {

namespace {

template <class T>
caf::result<T> answer_with(expected<T> x) {
  if (!x) return std::move(x.error());
  return std::move(*x);
}

caf::result<void> done_or(caf::error x) {
  if (x) return x;
  return {};
}

} // namespace

shard::shard(caf::actor_config& cfg, std::shared_ptr<pool> x, std::uint32_t number, farewell over)
    : inner_shard::base(cfg),
      farewell_(std::move(over)),
      pool_(std::move(x)),
      number_(number),
      memory_(pool_->memory(number)),
      handler_(pool_),
      on_down_([this](const caf::actor_addr& who, const caf::error&) { ended(who); }) {}

shard::~shard() = default;

shard::behavior_type shard::make_behavior() {
  compat::set_down_handler(this, on_down_);
  // It ends with what was thrown, which the supervisor reports; CAF's own
  // handler would write to stderr.
  set_exception_handler([](std::exception_ptr& x) -> caf::error {
    return caf::make_error(caf::sec::runtime_error, what_of(x));
  });
  compat::set_default_handler(this, [this](caf::message x) {
    busy_ = true;
    heard(info{std::move(x)});
  });
  return {
      [this](const track_msg& x) -> caf::result<track_reply> { return track_with_others(x); },
      [this](const track_many_msg& x) -> caf::result<track_many_reply> {
        return track_many(x.who, x.topic, x.keys, x.meta);
      },
      [this](const update_msg& x) -> caf::result<update_reply> {
        return answer_with(update(x.who, x.topic, x.key, x.meta));
      },
      [this](const update_with_msg& x) -> caf::result<update_reply> {
        return answer_with(update(x.who, x.topic, x.key, x.next));
      },
      [this](const update_pid_msg& x) -> caf::result<update_reply> {
        return answer_with(update(x.who, x.topic, x.key, x.meta));
      },
      [this](const untrack_msg& x) -> caf::result<void> {
        return done_or(untrack(x.who, x.topic, x.key));
      },
      [this](const untrack_pid_msg& x) -> caf::result<void> {
        return done_or(untrack(x.who, x.topic, x.key));
      },
      [this](const untrack_actor_msg& x) -> caf::result<void> {
        auto promise = compat::make_promise<void>(this);
        untrack_all(x.who, [promise](caf::error e) mutable {
          if (e)
            promise.deliver(std::move(e));
          else
            compat::deliver_done(promise);
        });
        return promise;
      },
      [this](const list_msg& x) -> caf::result<presences_reply> {
        const handler_scope now{*this};
        busy_ = true;
        return copied(table()->list(x.topic));
      },
      [this](const get_by_key_msg& x) -> caf::result<presences_reply> {
        const handler_scope now{*this};
        busy_ = true;
        return copied(table()->get_by_key(x.topic, x.key));
      },
      [this](const dirty_list_msg& x) -> caf::result<presences_reply> {
        const handler_scope now{*this};
        busy_ = true;
        return copied(table()->dirty_list(x.topic));
      },
      [this](const count_msg& x) -> caf::result<count_reply> {
        const handler_scope now{*this};
        busy_ = true;
        return count_reply{table()->count(x.topic)};
      },
      [this](const topics_msg&) -> caf::result<topics_reply> {
        const handler_scope now{*this};
        busy_ = true;
        topics_reply result;
        for (auto& [topic, count] : table()->topics()) result.topics.emplace_back(topic, count);
        return result;
      },
      [this](const replicas_msg&) -> caf::result<replicas_reply> {
        busy_ = true;
        return replicas_reply{replicas()};
      },
      [this](const stats_msg&) -> caf::result<stats_reply> {
        const handler_scope now{*this};
        busy_ = true;
        return stats_reply{stats()};
      },
      [this](const resolve_msg& x) -> caf::result<resolve_reply> {
        busy_ = true;
        return answer_with(resolve(x.actor));
      },
      [this](const subscribe_msg& x) -> caf::result<subscribe_reply> {
        return answer_with(subscribe(x));
      },
      [this](const unsubscribe_msg& x) { unsubscribe(x.id); },
      [this](const observe_msg& x) -> caf::result<void> {
        if (const auto e = pool_->observe(x.who); e != errc::none) return make_error(e);
        return {};
      },
      [this](const info_msg& x) {
        busy_ = true;
        heard(info{x.content});
      },
      // Of a pool, these end the whole tracker: its supervisor would bring back a
      // shard that ends by itself.
      [this](const permdown_msg& x) -> caf::result<void> {
        if (pool_->supervised()) return end_pool(x);
        stop(true);
        return {};
      },
      [this](const stop_msg& x) -> caf::result<void> {
        if (pool_->supervised()) return end_pool(x);
        stop(pool_->options().permdown_on_shutdown);
        return {};
      },
      [this](const call_msg& x) {
        const handler_scope now{*this};
        busy_ = true;
        if (x.run) x.run(this);
      },
      [this](const timer_msg& x) { handle(x); },
      [this](const cluster::frame_received& x) {
        step_and_carry_out(cluster::frame_in{x.bytes, x.from, wall_now_us()});
      },
      [this](const cluster::link_changed& x) {
        if (x.up)
          step_and_carry_out(cluster::link_up{x.node});
        else
          step_and_carry_out(cluster::link_down{x.node});
      },
      [this](const cluster::find_actor& x) -> caf::result<cluster::resolved> {
        if (!machine_ || machine_->self().inc != x.life) return cluster::resolved{};
        auto found = resolve(x.actor);
        return cluster::resolved{found ? found->handle : nullptr};
      },
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
  restore();
  attach_to_endpoint();
  set_timer(timer::tick, next_tick_ - start);
  const auto next = result.next();
  busy_ = false;
  if (auto timeout = result.timeout()) set_timer(timer::idle, *timeout);
  report(std::move(result));
  if (next) failed(handler_.run(next));
}

// A predecessor's presences are those of this node in what it had shown to
// readers: that is what was acknowledged, and it is whole whatever state the
// predecessor died in. In one go, however many: nobody can be served before.
void shard::restore() {
  const auto old =
      pool_->read(number_, [](const published_shard* x) { return x ? x->table : nullptr; });
  std::vector<presence_list> lists; // hold what the views look at
  std::vector<presence_view> own;
  if (old)
    for (const auto& [topic, count] : old->topics()) {
      lists.push_back(old->list(topic));
      for (auto x : lists.back())
        if (x.replica().name == pool_->node_name()) own.push_back(x);
    }
  std::sort(own.begin(), own.end(),
            [](const presence_view& a, const presence_view& b) { return a.ref() < b.ref(); });
  pool_->publish(number_, {self(), machine_->state().shared_table(), errc::none});
  restoring_ = true;
  auto tracked = std::exchange(memory_->tracked, {});
  for (const auto& x : own) {
    const auto who = tracked.find(x.actor());
    if (who == tracked.end() || !caf::actor_cast<caf::strong_actor_ptr>(who->second)) continue;
    carry_out(step(cluster::op_restore{x.topic(), x.key(), x.actor(), x.meta().bytes(), x.ref(),
                                       x.prev_ref()}));
    watch_tracked(who->second);
  }
  restoring_ = false;
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
    // What the next life goes on from.
    memory_->before = stats();
    memory_->before.presences = memory_->before.memory_bytes = 0;
    memory_->before.monitored = memory_->before.subscriptions = 0;
  }
  if (pool_->endpoint())
    compat::anon_send(pool_->endpoint(), cluster::detach_shard{pool_->name(), number_});
  handler_.end();
  machine_.reset();
  watches_.clear();
  // Whether it took place is open, unless all of it ends.
  const auto ended = pool_->ended();
  const auto why = ended != errc::none ? ended : errc::timed_out;
  fail_tracks(why);
  copies_.fail(why);
  for (auto& [actor, answer] : std::exchange(untracking_, {})) answer(make_error(why));
  if (!pool_->supervised()) pool_->close();
  if (farewell_) std::exchange(farewell_, nullptr)(address());
}

} // namespace rollcall::actors
