#include "actors/clock.hpp"
#include "actors/reports_by_node.hpp"
#include "actors/shard.hpp"
#include "base/free_memory.hpp"

#include <algorithm>
#include <bit>

namespace rollcall::actors {

// -- steps -------------------------------------------------------------------------

cluster::actions shard::step(const cluster::event& x) {
  assert(machine_);
  return machine_->step(x, steady_now());
}

void shard::step_and_carry_out(const cluster::event& x) {
  if (!machine_
      || (stopped_ && !std::holds_alternative<cluster::say_bye>(x)
          && !std::holds_alternative<cluster::timer_due>(x)))
    return;
  const message_scope now{*this};
  carry_out(step(x));
}

// Order: the machine has published the changes; they are reported to handler and
// subscribers here; the reply is sent after that. No other step takes place in between, so
// the handles of the reports stay valid: handlers and subscribers can only send messages.
void shard::carry_out(cluster::actions todo, const meta* known) {
  if (!todo.reports.empty() || !todo.events.empty()) journal_changes(todo);
  todo.reports = reports_by_node(std::move(todo.reports));
  const bool counts_here = !counting_ && !todo.reports.empty() && wants_first_and_last();
  if (counts_here) {
    counting_ = true;
    expect(todo);
  }
  for (const auto& x : todo.reports) feed(x, known);
  if (counts_here) {
    counting_ = false;
    counts_.clear();
  }
  if (endpoint_)
    for (auto& x : todo.frames)
      compat::anon_send(endpoint_, cluster::send_frame{std::move(x.to), pool_->name(), number_,
                                                       std::move(x.bytes)});
  for (const auto& x : todo.events) happened(x);
  for (auto actor : todo.untracked) {
    unwatch_tracked(actor);
    for (std::size_t i = 0; i < untracking_.size();) {
      if (untracking_[i].first != actor) {
        ++i;
        continue;
      }
      auto answer = std::move(untracking_[i].second);
      untracking_.erase(untracking_.begin() + static_cast<std::ptrdiff_t>(i));
      answer({});
    }
  }
  set_flush(todo.wake_at);
  if (todo.more && !std::exchange(proceeding_, true))
    compat::send(this, self(), timer_msg{timer::proceed, 0});
  machine_->take_back(std::move(todo));
}

shard::message_scope::message_scope(shard& self, begin how)
    : self_(self), outermost_(!std::exchange(self.in_turn_, true)) {
  if (!outermost_) return;
  began_ = std::chrono::steady_clock::now();
  if (how == begin::releases || !self.ended_.empty()) self.release_tracks();
  self.untrack_ended();
}

shard::message_scope::~message_scope() {
  if (!outermost_) return;
  self_.in_turn_ = false;
  const auto took = std::chrono::duration_cast<std::chrono::microseconds>(
                        std::chrono::steady_clock::now() - began_)
                        .count();
  const auto us = static_cast<std::uint64_t>(took > 0 ? took : 0);
  const auto slot = static_cast<std::size_t>(std::bit_width(us));
  ++self_.busy_times_[std::min(slot, self_.busy_times_.size() - 1)];
  self_.longest_busy_us_ = std::max(self_.longest_busy_us_, us);
}

// -- timers --------------------------------------------------------------------------

void shard::set_timer(timer what, millis delay) {
  const auto generation = ++generations_[static_cast<std::size_t>(what)];
  compat::delayed_send(this, self(), std::max(delay, millis{0}), timer_msg{what, generation});
}

void shard::set_flush(std::optional<cluster::instant> at) {
  if (at == flush_at_) return;
  flush_at_ = at;
  if (!at)
    ++generations_[static_cast<std::size_t>(timer::flush)]; // cancels the pending timer
  else
    set_timer(timer::flush, *at - steady_now());
}

void shard::handle(timer_msg x) {
  if (!machine_ || stopped_) return;
  if (x.what == timer::ended || x.what == timer::held) {
    const message_scope now{*this}; // its begin untracks ended actors and releases held tracks
    return;
  }
  if (x.what == timer::copies) {
    const message_scope now{*this};
    copying_ = false;
    copies_.step(std::max<std::size_t>(1, pool_->options().limits.batch));
    return go_on_copying();
  }
  if (x.what == timer::proceed) {
    proceeding_ = false;
    step_and_carry_out(cluster::proceed{});
    return;
  }
  if (x.generation != generations_[static_cast<std::size_t>(x.what)]) return;
  switch (x.what) {
  case timer::tick:
    tick();
    break;
  case timer::flush:
    flush_at_.reset();
    step_and_carry_out(cluster::timer_due{});
    break;
  case timer::idle:
    if (!something_came_) heard(info{});
    break;
  case timer::leases:
    end_leases();
    break;
  case timer::proceed:
  case timer::ended:
  case timer::copies:
  case timer::held:
    break;
  }
}

// Ticks keep their phase, so that a delay does not shift all later ones. After a long
// pause the phase starts again; missed ticks are not repeated.
void shard::tick() {
  set_wall_clock();
  step_and_carry_out(cluster::tick{});
  if (machine_ && memory_held_.look(machine_->state().table().memory_bytes()))
    give_back_free_memory();
  const auto period = pool_->options().broadcast_period;
  const auto time = steady_now();
  next_tick_ = std::max(next_tick_ + period, time + period / 2);
  set_timer(timer::tick, next_tick_ - time);
}

// -- the cluster -----------------------------------------------------------------------

void shard::attach_to_endpoint() {
  endpoint_ = pool_->endpoint();
  if (!endpoint_) return;
  const auto& o = pool_->options();
  const auto ms = [](millis x) { return static_cast<std::uint64_t>(x.count()); };
  compat::anon_send(endpoint_, cluster::attach_shard{
                                   pool_->name(), number_, static_cast<std::uint32_t>(o.pool_size),
                                   ms(o.broadcast_period), ms(o.effective_down_period()),
                                   ms(o.permdown_period), caf::actor_cast<caf::actor>(self())});
}

/// The endpoint was replaced and has no links yet, or there is none at the moment.
void shard::endpoint_changed() {
  if (!machine_ || stopped_) return;
  endpoint_ = nullptr;
  for (const auto& x : replicas())
    if (x.id.name != pool_->node_name()) step_and_carry_out(cluster::link_down{x.id.name});
  attach_to_endpoint();
}

void shard::happened(const cluster::replica_event& x) {
  switch (x.what) {
  case cluster::replica_change::up:
    return emit(tracker_event_kind::replica_up, {}, x.whose);
  case cluster::replica_change::down:
    return emit(tracker_event_kind::replica_down, {}, x.whose);
  case cluster::replica_change::permdown:
    return emit(tracker_event_kind::replica_permdown, {}, x.whose);
  case cluster::replica_change::reborn:
    pool_->set_life(number_, machine_->self());
    return emit(tracker_event_kind::reborn, {}, x.whose);
  case cluster::replica_change::diverged:
    return emit(tracker_event_kind::diverged, {}, x.whose);
  case cluster::replica_change::name_conflict:
    return emit(tracker_event_kind::name_conflict, std::string{describe(errc::name_conflict)},
                x.whose);
  case cluster::replica_change::no_room:
    return emit(tracker_event_kind::no_room,
                "limits." + std::string{x.limit}
                    + " keeps it or some of it out until there is room: raise the limit",
                x.whose);
  case cluster::replica_change::clock_ahead:
    return emit(tracker_event_kind::clock_ahead,
                x.whose.name == machine_->self().name
                    ? "this node began more than a day ahead of a peer's clock, which refuses "
                      "it: set the clocks of both and restart the one that was ahead"
                    : "it began more than a day ahead of this node's clock and is refused: set "
                      "the clocks of both and restart the one that was ahead",
                x.whose);
  }
}

void shard::emit(tracker_event_kind kind, std::string text, replica_id replica) {
  const auto code = kind == tracker_event_kind::name_conflict ? errc::name_conflict
                    : kind == tracker_event_kind::no_room     ? errc::limit_reached
                                                              : errc::none;
  const tracker_event x{kind, pool_->name(), number_, std::move(replica), code, std::move(text)};
  pool_->emit(x);
  if (!handler_.present() || telling_failure_) return;
  telling_failure_ = kind == tracker_event_kind::handler_failed;
  failed(handler_.handle_event(x)); // a failure in here is not reported to the handler again
  telling_failure_ = false;
}

} // namespace rollcall::actors
