// The functions of the tracker value for state, subscriptions, messages to a topic, and the
// end.
#include "actors/access.hpp"
#include "actors/ask.hpp"
#include "actors/callback_actor.hpp"
#include "actors/supervisor.hpp"
#include "rollcall/tracker.hpp"

#include <chrono>
#include <thread>
#include <utility>

namespace rollcall {

using namespace actors;

expected<std::vector<replica_state>> tracker::replicas() const {
  using rows = std::vector<replica_state>;
  auto all = ask_all<rows>(pool_.get(), timeout_,
                           [](actors::shard& s, const ticket<rows>& t) { t(s.replicas()); });
  if (!all) return std::move(all.error());
  rows result;
  for (auto& x : *all) result.insert(result.end(), x.begin(), x.end());
  return result;
}

expected<tracker_stats> tracker::stats() const {
  auto all = ask_all<tracker_stats>(
      pool_.get(), timeout_,
      [](actors::shard& s, const ticket<tracker_stats>& t) { t(s.stats()); });
  if (!all) return std::move(all.error());
  tracker_stats result;
  for (const auto& x : *all) result += x;
  return result;
}

// -- subscriptions --------------------------------------------------------------------

namespace {

constexpr const char* no_thread = "the process can start no thread for callbacks";

} // namespace

expected<std::uint64_t> tracker::do_subscribe(caf::strong_actor_ptr who, selector what) const {
  if (const auto e = refuses_to_ask(pool_.get()); e != errc::none) return make_error(e);
  const subscribe_msg x{std::move(who), what.what, std::move(what.text), pool_->next_subscription(),
                        what.first_and_last};
  if (x.what == selection::topic) {
    auto one = ask_shard<subscribe_reply>(pool_.get(), shard_of(x.text), timeout_,
                                          [x](actors::shard& s) { return s.subscribe(x); });
    if (!one) return std::move(one.error());
    return one->id;
  }
  auto all = ask_all<subscribe_reply>(
      pool_.get(), timeout_,
      [x](actors::shard& s, const ticket<subscribe_reply>& t) { t(s.subscribe(x)); });
  if (!all) {
    (void)unsubscribe(x.id); // all shards or none
    return std::move(all.error());
  }
  return x.id;
}

expected<void> tracker::unsubscribe(std::uint64_t id) const {
  auto all = ask_all<actors::done>(pool_.get(), timeout_,
                                   [id](actors::shard& s, const ticket<actors::done>& t) {
                                     s.unsubscribe(id);
                                     t(actors::done{});
                                   });
  if (!all) return std::move(all.error());
  return {};
}

expected<subscription> tracker::subscribe(selector what, subscription_callbacks callbacks) const {
  if (const auto e = refuses_to_ask(pool_.get()); e != errc::none) return make_error(e);
  const auto worker = spawn_callback_actor(pool_, std::move(callbacks), nullptr);
  if (!worker.queue) return make_error(errc::limit_reached, no_thread);
  auto id = do_subscribe(caf::actor_cast<caf::strong_actor_ptr>(worker.actor), std::move(what));
  if (!id) {
    access::make_subscription(0, worker.queue).cancel();
    return std::move(id.error());
  }
  return access::make_subscription(*id, worker.queue);
}

expected<void> tracker::do_observe(caf::strong_actor_ptr who) const {
  if (const auto e = refuses_to_ask(pool_.get()); e != errc::none) return make_error(e);
  if (const auto e = pool_->observe(who); e != errc::none) return make_error(e);
  return {};
}

expected<subscription> tracker::observe(event_callback callback) const {
  if (const auto e = refuses_to_ask(pool_.get()); e != errc::none) return make_error(e);
  const auto worker = spawn_callback_actor(pool_, {}, std::move(callback));
  if (!worker.queue) return make_error(errc::limit_reached, no_thread);
  if (auto x = do_observe(caf::actor_cast<caf::strong_actor_ptr>(worker.actor)); !x) {
    access::make_subscription(0, worker.queue).cancel();
    return std::move(x.error());
  }
  return access::make_subscription(pool_->next_subscription(), worker.queue);
}

void subscription::cancel() {
  if (!queue_) return;
  queue_->close();
  (void)queue_->wait_idle();
  queue_ = nullptr;
}

// -- handles ------------------------------------------------------------------------

namespace {

/// Returns a shard that runs; any one can answer.
std::size_t some_shard(const pool& where) {
  auto why = errc::none;
  for (std::size_t i = 0; i < where.size(); ++i)
    if (where.handle(i, why)) return i;
  return 0;
}

} // namespace

expected<std::vector<resolved_actor>> tracker::resolve(std::vector<pid> who) const {
  auto x = ask_shard_later<resolve_reply>(
      pool_.get(), pool_ ? some_shard(*pool_) : 0, timeout_,
      [who = std::move(who)](actors::shard& s, const ticket<resolve_reply>& t) {
        s.resolve(who, t);
      });
  if (!x) return std::move(x.error());
  return std::move(x->actors);
}

expected<caf::strong_actor_ptr> tracker::resolve(const pid& who) const {
  auto x = resolve(std::vector<pid>{who});
  if (!x) return std::move(x.error());
  auto& one = x->front();
  if (one.code != errc::none) return make_error(one.code);
  return std::move(one.handle);
}

// -- messages to a topic, and why ---------------------------------------------------

namespace {

expected<dispatch_reply> dispatch_to(pool* where, std::size_t shard, millis timeout,
                                     std::string_view topic, caf::message content, bool local) {
  return ask_shard_later<dispatch_reply>(
      where, shard, timeout,
      [topic = std::string{topic}, content = std::move(content),
       local](actors::shard& s, const ticket<dispatch_reply>& t) {
        s.dispatch(topic, content, local, t);
      });
}

} // namespace

expected<dispatch_reply> tracker::dispatch(std::string_view topic, caf::message content) const {
  return dispatch_to(pool_.get(), shard_of(topic), timeout_, topic, std::move(content), false);
}

expected<dispatch_reply> tracker::dispatch_local(std::string_view topic,
                                                 caf::message content) const {
  return dispatch_to(pool_.get(), shard_of(topic), timeout_, topic, std::move(content), true);
}

expected<std::vector<story_entry>> tracker::why(std::string_view topic,
                                                std::string_view key) const {
  return ask_shard<std::vector<story_entry>>(pool_.get(), shard_of(topic), timeout_,
                                             [topic = std::string{topic}, key = std::string{key}](
                                                 actors::shard& s) { return s.why(topic, key); });
}

// -- the end ------------------------------------------------------------------------

namespace {

expected<void> end(const std::shared_ptr<pool>& where, bool bye, millis timeout) {
  if (!where) return make_error(errc::no_such_tracker);
  if (handler_scope::inside(&where->system())) return make_error(errc::would_deadlock);
  const auto whole = where->supervisor();
  // From now on new operations are refused, also those that wait in mailboxes.
  where->end(errc::shutting_down);
  const auto until = std::chrono::steady_clock::now() + timeout;
  auto result = std::make_shared<answer<actors::done>>();
  const ticket<actors::done> mine{result, errc::shutting_down};
  if (whole) // else it has ended, or is about to end
    compat::anon_send(caf::actor_cast<inner_supervisor>(whole), call_msg{[bye, mine](void* x) {
                        static_cast<supervisor*>(x)->stop(bye, [mine](caf::error e) {
                          if (e)
                            mine(std::move(e));
                          else
                            mine(actors::done{});
                        });
                      }});
  // Whatever the reply is, the tracker has ended when all shards have.
  (void)result->wait_until(until, [&] { return where->closed(); });
  while (where->closed() == errc::none) {
    if (std::chrono::steady_clock::now() >= until)
      return make_error(errc::timed_out, "a shard still runs: a handler has not returned");
    std::this_thread::sleep_for(std::chrono::milliseconds{1});
  }
  if (!where->wait_callbacks(until))
    return make_error(errc::timed_out, "a callback has not returned");
  return {};
}

} // namespace

expected<void> tracker::drain(millis lease) const {
  if (pool_)
    if (auto why = bad_lease(lease, pool_->options())) return why;
  auto all = ask_all<actors::done>(pool_.get(), timeout_,
                                   [lease](actors::shard& s, const ticket<actors::done>& t) {
                                     if (auto why = s.drain(lease))
                                       t(std::move(why));
                                     else
                                       t(actors::done{});
                                   });
  if (!all) return std::move(all.error());
  return {};
}

expected<void> tracker::graceful_permdown() const { return end(pool_, true, timeout_); }

expected<void> tracker::stop() const {
  return end(pool_, pool_ && pool_->options().permdown_on_shutdown, timeout_);
}

} // namespace rollcall
