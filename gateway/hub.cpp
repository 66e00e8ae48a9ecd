#include "gateway/hub.hpp"

#include "rollcall/detail/caf_compat.hpp"

#include <atomic>
#include <map>
#include <optional>
#include <utility>

namespace rollcall::gateway {

namespace {

constexpr std::size_t max_diffs_waiting = 4096;

caf::behavior member(caf::event_based_actor*) {
  return {[](caf::unit_t) {}};
}

tracker_answer failed(const caf::error& why) {
  const auto code = code_of(why);
  return {{}, code == errc::none ? "internal" : to_string(code)};
}

} // namespace

// Shared by the hub and its actor, since the actor may outlive the hub.
struct hub::shared {
  std::mutex mutex;
  std::vector<command> commands;
  std::vector<task> tasks; // for the gateway's thread
  std::size_t diffs = 0;   // among the tasks
  bool lost = false;
  bool stopped = false;
  std::function<void(task)> post;
  events told;
  rollcall::tracker tracker;

  void deliver(task x) {
    {
      std::lock_guard guard(mutex);
      if (stopped) return;
      tasks.push_back(std::move(x));
      if (tasks.size() > 1) return; // the thread was woken before
    }
    post_drain();
  }

  void deliver_diff(std::shared_ptr<const diff> x) {
    {
      std::lock_guard guard(mutex);
      if (stopped) return;
      if (diffs >= max_diffs_waiting) {
        lost = true;
        return;
      }
      ++diffs;
      tasks.push_back([this, x = std::move(x)] { told.changed(x); });
      if (tasks.size() > 1) return;
    }
    post_drain();
  }

  std::function<void()> drain; // set by the hub; owns this object
  void post_drain() { post(drain); }

  void run_tasks() {
    std::vector<task> now;
    bool was_lost;
    {
      std::lock_guard guard(mutex);
      now.swap(tasks);
      diffs = 0;
      was_lost = std::exchange(lost, false);
      if (stopped) return;
    }
    for (auto& x : now) x();
    if (was_lost) told.lost();
  }
};

class hub_actor : public caf::event_based_actor {
public:
  hub_actor(caf::actor_config& cfg, std::shared_ptr<hub::shared> home)
      : caf::event_based_actor(cfg), home_(std::move(home)) {}

  const char* name() const override { return "rollcall.gateway"; }

  caf::behavior make_behavior() override {
    return {
        [this](caf::unit_t) {
          std::vector<hub::command> now;
          {
            std::lock_guard guard(home_->mutex);
            now.swap(home_->commands);
          }
          for (auto& x : now) x(this);
        },
        [this](const state_msg& x) {
          const auto found = topics_.find(x.id);
          if (found == topics_.end()) return;
          home_->deliver([home = home_, topic = found->second] { home->told.state(topic); });
        },
        [this](const diff_msg& x) { home_->deliver_diff(x.changes); },
    };
  }

  template <class Message, class Ok>
  void ask(std::string_view topic, Message x, Ok ok, hub::answer to) {
    ask(home_->tracker.shard_for(topic), std::move(x), std::move(ok), std::move(to));
  }

  template <class Message, class Ok>
  void ask(const lease& which, Message x, Ok ok, hub::answer to) {
    ask(home_->tracker.shard(which.shard), std::move(x), std::move(ok), std::move(to));
  }

  template <class Message, class Ok>
  void ask(const shard_actor& shard, Message x, Ok ok, hub::answer to) {
    if (!shard) {
      if (to) home_->deliver([to] { to({{}, to_string(errc::shutting_down)}); });
      return;
    }
    compat::request(this, shard, caf::infinite, std::move(x))
        .then(std::move(ok), [home = home_, to](caf::error& why) {
          if (to) home->deliver([to, a = failed(why)] { to(a); });
        });
  }

  const std::shared_ptr<hub::shared>& home() const { return home_; }
  std::map<std::uint64_t, std::string>& topics() { return topics_; }

private:
  std::shared_ptr<hub::shared> home_;
  std::map<std::uint64_t, std::string> topics_; // by subscription
};

hub::hub(caf::actor_system& system, tracker t, std::function<void(task)> post, events told)
    : system_(system), shared_(std::make_shared<shared>()) {
  shared_->post = std::move(post);
  shared_->told = std::move(told);
  shared_->tracker = std::move(t);
  shared_->drain = [weak = std::weak_ptr<shared>{shared_}] {
    if (auto x = weak.lock()) x->run_tasks();
  };
  actor_ = system.spawn<hub_actor>(shared_);
}

hub::~hub() { stop(); }

void hub::stop() {
  {
    std::lock_guard guard(shared_->mutex);
    if (std::exchange(shared_->stopped, true)) return;
    shared_->commands.clear();
    shared_->tasks.clear();
  }
  caf::anon_send_exit(actor_, caf::exit_reason::user_shutdown);
  actor_ = nullptr;
}

void hub::push(command x) {
  {
    std::lock_guard guard(shared_->mutex);
    if (shared_->stopped) return;
    shared_->commands.push_back(std::move(x));
    if (shared_->commands.size() > 1) return; // it was woken before
  }
  compat::anon_send(actor_, caf::unit);
}

caf::actor hub::spawn_member() { return system_.spawn(member); }

void hub::end_member(const caf::actor& x) {
  caf::anon_send_exit(x, caf::exit_reason::user_shutdown);
}

void hub::track(const caf::actor& who, std::string topic, std::string key, meta data, answer to) {
  push([who, topic = std::move(topic), key = std::move(key), data = std::move(data),
        to = std::move(to)](hub_actor* self) {
    self->ask(
        topic, track_msg{who.address(), topic, key, data},
        [to, home = self->home()](const track_reply& r) {
          home->deliver([to, text = to_string(r.ref)] { to({text, {}}); });
        },
        to);
  });
}

void hub::update(const caf::actor& who, std::string topic, std::string key, meta data, answer to) {
  push([who, topic = std::move(topic), key = std::move(key), data = std::move(data),
        to = std::move(to)](hub_actor* self) {
    self->ask(
        topic, update_msg{who.address(), topic, key, data},
        [to, home = self->home()](const update_reply& r) {
          home->deliver([to, text = to_string(r.ref)] { to({text, {}}); });
        },
        to);
  });
}

void hub::untrack(const caf::actor& who, std::string topic, std::string key) {
  push([who, topic = std::move(topic), key = std::move(key)](hub_actor* self) {
    self->ask(
        topic, untrack_msg{who.address(), topic, key}, [] {}, nullptr);
  });
}

void hub::track_lease(std::string topic, std::string key, meta data, millis ttl, lease_answer to) {
  push([topic = std::move(topic), key = std::move(key), data = std::move(data), ttl,
        to = std::move(to)](hub_actor* self) {
    self->ask(
        topic, track_lease_msg{topic, key, data, static_cast<std::uint64_t>(ttl.count())},
        [to, home = self->home()](const lease_reply& r) {
          home->deliver([to, r] { to(r.lease, {to_string(r.ref), {}}); });
        },
        [to](const tracker_answer& why) { to({}, why); });
  });
}

void hub::find(const lease& which, found to) {
  push([which, to = std::move(to)](hub_actor* self) {
    self->ask(
        which, find_lease_msg{which},
        [to, home = self->home()](const presences_reply& r) {
          home->deliver(
              [to, r] { to(r.presences.empty() ? std::nullopt : std::optional{r.presences[0]}); });
        },
        [to](const tracker_answer&) { to(std::nullopt); });
  });
}

void hub::renew(const lease& which, std::optional<millis> ttl, answer to) {
  push([which, ttl, to = std::move(to)](hub_actor* self) {
    const auto ms = static_cast<std::uint64_t>(ttl.value_or(millis{0}).count());
    self->ask(
        which, renew_msg{{which}, ms},
        [to, home = self->home()](const renew_reply& r) {
          home->deliver([to, ended = !r.missing.empty()] {
            to({{}, ended ? to_string(errc::no_such_lease) : std::string{}});
          });
        },
        to);
  });
}

void hub::update(const lease& which, meta data, answer to) {
  push([which, data = std::move(data), to = std::move(to)](hub_actor* self) {
    self->ask(
        which, update_lease_msg{which, data},
        [to, home = self->home()](const update_reply& r) {
          home->deliver([to, text = to_string(r.ref)] { to({text, {}}); });
        },
        to);
  });
}

void hub::untrack(const lease& which, answer to) {
  push([which, to = std::move(to)](hub_actor* self) {
    self->ask(
        which, untrack_lease_msg{which},
        [to, home = self->home()] { home->deliver([to] { to({}); }); }, to);
  });
}

void hub::subscribe(std::string topic, std::uint64_t id) {
  push([topic = std::move(topic), id](hub_actor* self) {
    self->topics()[id] = topic;
    subscribe_msg x;
    x.who = caf::actor_cast<caf::strong_actor_ptr>(self);
    x.what = selection::topic;
    x.text = topic;
    x.id = id;
    self->ask(
        topic, std::move(x), [](const subscribe_reply&) {}, nullptr);
  });
}

void hub::unsubscribe(std::string topic, std::uint64_t id) {
  push([topic = std::move(topic), id](hub_actor* self) {
    self->topics().erase(id);
    self->ask(
        topic, unsubscribe_msg{id}, [] {}, nullptr);
  });
}

} // namespace rollcall::gateway
