#include "actors/callback_actor.hpp"

#include "actors/call.hpp"
#include "actors/forgotten.hpp"
#include "actors/notices.hpp"

#include <deque>
#include <utility>

namespace rollcall::actors {

namespace {

/// The payload of a queue.
struct callbacks {
  subscription_callbacks subscription;
  event_callback event;
};

/// Events have no credit: beyond this number of waiting events, new ones are dropped.
constexpr std::size_t most_waiting_events = 65'536;

class callback_actor : public caf::event_based_actor {
public:
  callback_actor(caf::actor_config& cfg, std::weak_ptr<pool> home, std::uint64_t key,
                 std::shared_ptr<callback_queue> queue, const callbacks& what)
      : caf::event_based_actor(cfg),
        home_(std::move(home)),
        key_(key),
        queue_(std::move(queue)),
        what_(&what),
        counted_(system()) {}

  const char* name() const override { return "rollcall.callbacks"; }

  caf::behavior make_behavior() override {
    return {
        [this](const state_msg& x) {
          return run([what = what_, x] {
            if (what->subscription.state) what->subscription.state(x.shard, x.presences);
          });
        },
        [this](const diff_msg& x) {
          return run([what = what_, x] {
            if (what->subscription.diff) what->subscription.diff(x.shard, *x.changes);
          });
        },
        [this](const event_msg& x) {
          if (queue_->waiting() >= most_waiting_events) return;
          queue_->push([what = what_, x] {
            if (what->event) what->event(x.event);
          });
        },
        [this](const call_msg& x) { x.run(this); },
    };
  }

  void finish() {
    queue_->push([queue = std::weak_ptr{queue_}] {
      if (const auto x = queue.lock()) x->close();
    });
  }

  void on_exit() override {
    queue_->close();
    waiting_.clear();
    if (auto home = home_.lock()) home->release_worker(key_);
  }

private:
  /// The queue keeps its payload while functions run, and `what_` is part of the payload.
  caf::response_promise run(std::function<void()> f) {
    auto promise = make_response_promise();
    waiting_.push_back(promise);
    queue_->push([f = std::move(f), me = caf::weak_actor_ptr{ctrl()}] {
      f();
      if (const auto strong = me.lock())
        compat::anon_send(caf::actor_cast<caf::actor>(strong), call_msg{[](void* x) {
                            static_cast<callback_actor*>(x)->answer_first();
                          }});
    });
    return promise;
  }

  void answer_first() {
    if (waiting_.empty()) return;
    auto first = std::move(waiting_.front());
    waiting_.pop_front();
    compat::deliver_done(first);
  }

  std::weak_ptr<pool> home_;
  std::uint64_t key_;
  std::shared_ptr<callback_queue> queue_;
  const callbacks* what_;
  std::deque<caf::response_promise> waiting_; // in the order of the queue
  one_of_ours counted_;
};

} // namespace

callback_worker spawn_callback_actor(const std::shared_ptr<pool>& home, subscription_callbacks x,
                                     event_callback on_event) {
  auto what = std::make_shared<callbacks>();
  what->subscription = std::move(x);
  what->event = std::move(on_event);
  callback_worker result;
  result.queue = callback_queue::make(what);
  if (!result.queue) return result;
  const auto key = home->next_subscription();
  result.actor =
      home->system().spawn<callback_actor>(std::weak_ptr<pool>{home}, key, result.queue, *what);
  what.reset(); // now only the queue owns it
  result.queue->on_close(
      [actor = caf::weak_actor_ptr{actor_cast<caf::strong_actor_ptr>(result.actor).get()},
       name = home->name(), node = home->node_name()](const std::string& thrown) {
        if (!thrown.empty())
          notify({notice_level::error, "callback_failed", errc::none, node, name,
                  "a callback threw, and its subscription has ended: " + thrown});
        if (const auto strong = actor.lock())
          caf::anon_send_exit(caf::actor_cast<caf::actor>(strong), caf::exit_reason::user_shutdown);
      });
  if (!home->keep_worker(key, result)) result.queue->close(); // the tracker has ended meanwhile
  return result;
}

void finish_callbacks(const caf::actor& x) {
  compat::anon_send(x, call_msg{[](void* self) { static_cast<callback_actor*>(self)->finish(); }});
}

} // namespace rollcall::actors
