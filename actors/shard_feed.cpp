// Reports changes to the handler and the subscribers.
#include "actors/shard.hpp"

#include <algorithm>

namespace rollcall::actors {

// A diff is built only if the handler or a subscriber wants it.
void shard::feed(const cluster::report& x, const meta* known) {
  const auto& table = machine_->state().table();
  auto& subscriptions = memory_->subscriptions;
  if (counting_) counts_.passed(table, x.changes);
  const bool wanted =
      !restoring_ && !subscriptions.empty()
      && std::any_of(x.changes.begin(), x.changes.end(), [&](const crdt::change& c) {
           return subscriptions.wanted(table.view(c.what).topic());
         });
  if (!handler_.present() && !wanted) return;
  const auto& told = diffs_.build(table, x.changes, known);
  if (counting_) counts_.fill_in(table, diffs_.last());
  if (handler_.present()) failed(handler_.handle_diff(told));
  if (!wanted) return;
  const auto all = diffs_.take();
  subscriptions.route(all, [this](subscriber& to, const shared_diff& what) { deliver(to, what); });
  measured_ = {};
  for (auto id : std::exchange(unreachable_, {})) drop_subscription(id);
}

/// The reports are told one after the other, while the table has the changes of all.
void shard::expect(const cluster::actions& todo) {
  for (const auto& x : todo.reports) counts_.expect(machine_->state().table(), x.changes);
}

bool shard::wants_first_and_last() const noexcept {
  return handler_counts_ || memory_->subscriptions.wants_first_and_last();
}

void shard::failed(const handler_host::failure& x) {
  if (!x) return;
  ++handler_failures_;
  emit(tracker_event_kind::handler_failed, *x);
}

void shard::heard(const info& x) {
  release_tracks();
  if (handler_.present()) failed(handler_.handle_info(x));
}

// -- subscribers -------------------------------------------------------------------

namespace {

/// Returns the memory of a diff.
std::size_t bytes_of(const diff& all) {
  std::size_t n = 0;
  const auto add = [&n](const auto& some) {
    for (const auto& x : some)
      n += sizeof x + x.topic.size() + x.key.size() + x.meta.bytes().size();
  };
  for (const auto& x : all) {
    n += sizeof x + x.topic.size();
    add(x.joins);
    add(x.leaves);
  }
  return n;
}

} // namespace

// Each message is a request: the response, which CAF sends when the subscriber has handled
// the message, returns the credit.
void shard::deliver(subscriber& to, const shared_diff& what) {
  if (what != measured_.first)
    measured_ = {what, bytes_of(*what)}; // usually many subscribers get the same diff
  const auto bytes = measured_.second;
  const auto& lim = pool_->options().limits;
  switch (to.credit.offer(bytes, {lim.subscriber_credit, lim.subscriber_credit_bytes})) {
  case subscriber_credit::verdict::send:
    break;
  case subscriber_credit::verdict::keep:
    return to.later.push_back(what);
  case subscriber_credit::verdict::give_up:
    to.later = {};
    return;
  case subscriber_credit::verdict::skip:
    return;
  }
  const auto strong = caf::actor_cast<caf::strong_actor_ptr>(to.who);
  if (!strong) {
    unreachable_.push_back(to.id);
    return;
  }
  to.credit.sent(bytes);
  const auto id = to.id;
  const auto answer = [this, id, bytes] { answered(id, bytes); };
  compat::request(this, caf::actor_cast<caf::actor>(strong), caf::infinite,
                  diff_msg{id, number_, what})
      .then(answer, [answer](const caf::error&) { answer(); });
}

void shard::send_state(subscriber& to) {
  if (!caf::actor_cast<caf::strong_actor_ptr>(to.who)) return; // its down message is on the way
  std::vector<presence_list> lists;
  const auto& table = machine_->state().table();
  if (to.what == selection::topic) {
    lists.push_back(table.list(to.text));
  } else {
    for (const auto& [topic, count] : table.topics())
      if (to.wants(topic)) lists.push_back(table.list(topic));
  }
  std::size_t total = 0;
  for (const auto& x : lists) total += x.size();
  to.credit.caught_up();
  const auto& lim = pool_->options().limits;
  if (total > lim.batch) {
    to.credit.copying({std::max(total, lim.subscriber_credit),
                       std::max(total * sizeof(presence), lim.subscriber_credit_bytes)});
    copies_.add(std::move(lists), to.id, [this, id = to.id](expected<std::vector<presence>> x) {
      state_made(id, std::move(x));
    });
    return go_on_copying();
  }
  std::vector<presence> all;
  all.reserve(total);
  for (const auto& list : lists)
    for (const auto x : list) all.push_back(x.to_presence());
  tell_state(to, std::move(all));
}

// A large state was copied. It is the state at the begin of the copy; diffs since then are
// delivered after it. If there are more of them than the state is large, the copy begins
// again.
void shard::state_made(std::uint64_t id, expected<std::vector<presence>> made) {
  auto* x = memory_->subscriptions.find(id);
  if (!made || x == nullptr) return;
  const auto later = std::exchange(x->later, {});
  if (!x->credit.copied()) {
    ++resyncs_;
    return send_state(*x);
  }
  tell_state(*x, std::move(*made));
  for (const auto& what : later) deliver(*x, what);
  measured_ = {};
}

void shard::tell_state(subscriber& to, std::vector<presence> all) {
  const auto strong = caf::actor_cast<caf::strong_actor_ptr>(to.who);
  if (!strong) return; // its down message is on the way
  to.credit.sent(0);
  const auto id = to.id;
  const auto answer = [this, id] { answered(id, 0); };
  compat::request(this, caf::actor_cast<caf::actor>(strong), caf::infinite,
                  state_msg{id, number_, std::move(all)})
      .then(answer, [answer](const caf::error&) { answer(); });
}

void shard::answered(std::uint64_t id, std::size_t bytes) {
  auto* x = memory_->subscriptions.find(id);
  if (x == nullptr || !machine_ || !x->credit.answered(bytes)) return;
  ++resyncs_;
  send_state(*x);
}

expected<subscribe_reply> shard::subscribe(const subscribe_msg& x) {
  if (const auto e = closed(); e != errc::none) return make_error(e);
  if (x.what == selection::topic
      && (x.text.empty() || x.text.size() > pool_->options().limits.max_topic_bytes))
    return make_error(errc::bad_topic);
  const auto who = caf::actor_cast<caf::actor_addr>(x.who);
  if (const auto e = check_local(pool_->system(), who); e != errc::none) return make_error(e);
  auto& all = memory_->subscriptions;
  if (all.size() >= pool_->options().limits.max_subscriptions)
    return make_error(errc::limit_reached, "max_subscriptions");
  subscriber fresh;
  fresh.id = x.id != 0 ? x.id : pool_->next_subscription();
  fresh.who = who;
  fresh.what = x.what;
  fresh.text = x.text;
  fresh.first_and_last = x.first_and_last;
  const auto id = fresh.id;
  if (!all.add(std::move(fresh)))
    return make_error(errc::bad_option, "that subscription id is taken");
  watch_subscriber(who);
  send_state(*all.find(id));
  return subscribe_reply{id};
}

void shard::unsubscribe(std::uint64_t id) { drop_subscription(id); }

void shard::drop_subscription(std::uint64_t id) {
  const auto* x = memory_->subscriptions.find(id);
  if (x == nullptr) return;
  const auto who = x->who;
  copies_.abandon(id);
  memory_->subscriptions.remove(id);
  unwatch_subscriber(who);
}

} // namespace rollcall::actors
