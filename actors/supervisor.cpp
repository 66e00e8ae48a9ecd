#include "actors/supervisor.hpp"

#include "actors/notices.hpp"
#include "actors/shard.hpp"

#include <algorithm>
#include <utility>

namespace rollcall::actors {

using namespace std::chrono_literals;

supervisor::supervisor(caf::actor_config& cfg, std::shared_ptr<pool> x)
    : inner_supervisor::base(cfg),
      pool_(std::move(x)),
      on_down_([this](const caf::actor_addr& who, const caf::error& why) { is_down(who, why); }),
      children_(pool_->size()),
      counted_(system()) {}

supervisor::~supervisor() = default;

supervisor::behavior_type supervisor::make_behavior() {
  compat::set_down_handler(this, on_down_);
  return routes();
}

// -- start --------------------------------------------------------------------------

void supervisor::start(reply answer) {
  on_started_ = std::move(answer);
  start_next();
}

void supervisor::start_next() {
  if (next_ < children_.size()) return spawn_child(next_);
  const bool any = std::any_of(children_.begin(), children_.end(),
                               [](const child& x) { return x.state == state::running; });
  if (!any) return start_failed(make_error(errc::ignored));
  std::exchange(on_started_, nullptr)({});
}

void supervisor::spawn_child(std::size_t number) {
  const inner_supervisor me{this};
  const caf::weak_actor_ptr weak{ctrl()};
  auto handle = system().spawn<shard>(
      pool_, static_cast<std::uint32_t>(number), [weak](const caf::actor_addr& who) {
        if (const auto strong = weak.lock())
          compat::anon_send(caf::actor_cast<inner_supervisor>(strong), call_msg{[who](void* y) {
                              static_cast<supervisor*>(y)->is_over(who);
                            }});
      });
  children_[number] = {.handle = handle, .state = state::starting};
  compat::monitor(this, handle, on_down_);
  compat::send(this, handle, call_msg{[me, number](void* x) {
                 auto* it = static_cast<shard*>(x);
                 it->start([me, number, who = it->address()](init_result result) {
                   compat::anon_send(me, call_msg{[number, who, result](void* y) {
                                       static_cast<supervisor*>(y)->started(number, who, result);
                                     }});
                 });
               }});
}

void supervisor::started(std::size_t number, const caf::actor_addr& who, const init_result& x) {
  auto& it = children_[number];
  if (it.handle != who || stopping_) return; // a shard that has ended since
  const bool first = on_started_ && number == next_;
  switch (x.what()) {
  case init_result::kind::ok:
    it.state = state::running;
    break;
  case init_result::kind::ignore:
    it.state = state::ignored;
    pool_->publish(number, {{}, nullptr, errc::ignored});
    break;
  case init_result::kind::stop:
    if (first) start_failed(x.why());
    return; // the down message will come, and counts as a failure
  }
  if (!first) return;
  ++next_;
  start_next();
}

void supervisor::start_failed(caf::error why) {
  failure_ = std::move(why);
  stop(false, nullptr);
}

// -- ends of shards -------------------------------------------------------------------------

supervisor::child* supervisor::find(const caf::actor_addr& who) {
  const auto it = std::find_if(children_.begin(), children_.end(),
                               [&](const child& x) { return x.handle == who; });
  return it == children_.end() ? nullptr : &*it;
}

void supervisor::is_down(const caf::actor_addr& who, const caf::error& why) {
  auto* x = find(who);
  if (x == nullptr) return;
  x->down = true;
  x->why = why;
  if (x->over) ended(*x);
}

void supervisor::is_over(const caf::actor_addr& who) {
  auto* x = find(who);
  if (x == nullptr) return;
  x->over = true;
  if (x->down) ended(*x);
}

void supervisor::ended(child& x) {
  const auto number = static_cast<std::size_t>(&x - children_.data());
  const auto was = std::exchange(x.state, state::absent);
  const auto why = std::exchange(x.why, caf::error{});
  x.handle = inner_shard{};
  if (stopping_) return finish_if_all_ended();
  if (was == state::ignored) {
    x.state = was;
    return;
  }
  if (on_started_ && number == next_)
    return start_failed(
        make_error(errc::init_failed, "the shard ended within init: " + render(why)));
  restart(number, why);
}

void supervisor::restart(std::size_t number, const caf::error& why) {
  const auto time = std::chrono::steady_clock::now();
  while (!restarts_.empty() && time - restarts_.front() > 1s) restarts_.pop_front();
  restarts_.push_back(time);
  if (restarts_.size() > pool_->size() * 2) return fail();
  ++pool_->memory(number)->before.restarts;
  tracker_event x;
  x.kind = tracker_event_kind::shard_restarted;
  x.tracker = pool_->name();
  x.shard = static_cast<std::uint32_t>(number);
  x.text = render(why);
  pool_->emit(x);
  spawn_child(number);
}

void supervisor::fail() {
  if (!pool_->end(errc::too_many_restarts)) return;
  tell_failure(std::string{describe(errc::too_many_restarts)});
  stop(false, nullptr);
}

void supervisor::tell_failure(std::string why) {
  tracker_event x;
  x.kind = tracker_event_kind::tracker_failed;
  x.tracker = pool_->name();
  x.code = errc::too_many_restarts;
  x.text = std::move(why);
  pool_->emit(x);
}

// -- forgotten trackers ------------------------------------------------------------

void supervisor::unheld() {
  if (!std::exchange(looking_, true)) look_whether_forgotten(0);
}

void supervisor::look_whether_forgotten(unsigned looks) {
  if (stopping_ || pool_->has_value()) {
    looking_ = false;
    return;
  }
  looks = only_ours_run(system()) ? looks + 1 : 0;
  if (looks == 3) {
    notify(
        {notice_level::warning, "forgotten", errc::none, pool_->node_name(), pool_->name(),
         "this tracker runs on, though no value names it, and its actor system cannot end before "
         "it: call stop before the last value goes, or hold a scoped_tracker",
         true});
    return; // reported once
  }
  compat::delayed_send(this, inner_supervisor{this}, between_looks, call_msg{[looks](void* x) {
                         static_cast<supervisor*>(x)->look_whether_forgotten(looks);
                       }});
}

// -- the end ------------------------------------------------------------------------

void supervisor::stop(bool bye, reply answer) {
  pool_->end(errc::shutting_down);
  if (answer) on_stopped_.push_back(std::move(answer));
  if (std::exchange(stopping_, true)) return;
  for (const auto& x : children_)
    if (x.handle)
      compat::send(this, x.handle, call_msg{[bye](void* y) { static_cast<shard*>(y)->stop(bye); }});
  finish_if_all_ended();
}

void supervisor::finish_if_all_ended() {
  for (const auto& x : children_)
    if (x.handle) return;
  pool_->close();
  if (auto answer = std::exchange(on_started_, nullptr))
    answer(failure_ ? failure_ : make_error(errc::shutting_down));
  for (auto& answer : std::exchange(on_stopped_, {})) answer({});
  quit();
}

void supervisor::on_exit() {
  // This actor was ended from outside: without it the shards have no supervisor.
  if (!stopping_ && pool_->end(errc::too_many_restarts))
    tell_failure("the tracker's actor was ended from outside: start the tracker again");
  for (const auto& x : std::exchange(children_, {}))
    if (x.handle) caf::anon_send_exit(x.handle, caf::exit_reason::kill);
  pool_->close();
  on_started_ = nullptr;
  on_stopped_.clear();
}

} // namespace rollcall::actors
