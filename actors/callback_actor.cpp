#include "actors/callback_actor.hpp"

#include <utility>

namespace rollcall::actors {

namespace {

class callback_actor : public caf::event_based_actor {
public:
  callback_actor(caf::actor_config& cfg, std::weak_ptr<pool> home, std::uint64_t key,
                 subscription_callbacks callbacks, event_callback on_event)
      : caf::event_based_actor(cfg),
        home_(std::move(home)),
        key_(key),
        callbacks_(std::move(callbacks)),
        on_event_(std::move(on_event)) {}

  const char* name() const override { return "rollcall.callbacks"; }

  caf::behavior make_behavior() override {
    return {
        [this](const state_msg& x) {
          if (callbacks_.state) callbacks_.state(x.shard, x.presences);
        },
        [this](const diff_msg& x) {
          if (callbacks_.diff) callbacks_.diff(x.shard, *x.changes);
        },
        [this](const event_msg& x) {
          if (on_event_) on_event_(x.event);
        },
    };
  }

  void on_exit() override {
    callbacks_ = {};
    on_event_ = nullptr;
    if (auto home = home_.lock()) home->release_worker(key_);
  }

private:
  std::weak_ptr<pool> home_;
  std::uint64_t key_;
  subscription_callbacks callbacks_;
  event_callback on_event_;
};

} // namespace

caf::actor spawn_callback_actor(const std::shared_ptr<pool>& home, subscription_callbacks callbacks,
                                event_callback on_event) {
  const auto key = home->next_subscription();
  auto result = home->system().spawn<callback_actor, caf::detached>(
      std::weak_ptr<pool>{home}, key, std::move(callbacks), std::move(on_event));
  home->keep_worker(key, result);
  return result;
}

} // namespace rollcall::actors
