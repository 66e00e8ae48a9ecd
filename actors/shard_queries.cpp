#include "actors/shard.hpp"

#include <algorithm>
#include <utility>

namespace rollcall::actors {

caf::result<presences_reply> shard::copied(presence_list x) {
  if (x.size() <= pool_->options().limits.batch) return presences_reply{x.to_vector()};
  auto promise = compat::make_promise<presences_reply>(this);
  copies_.add({std::move(x)}, 0, [promise](expected<std::vector<presence>> made) mutable {
    if (made)
      promise.deliver(presences_reply{std::move(*made)});
    else
      promise.deliver(std::move(made.error()));
  });
  go_on_copying();
  return promise;
}

void shard::go_on_copying() {
  if (!copies_.empty() && !std::exchange(copying_, true))
    compat::send(this, self(), timer_msg{timer::copies, 0});
}

std::vector<replica_state> shard::replicas() const {
  std::vector<replica_state> result;
  if (!machine_) return result;
  for (auto& x : machine_->replicas())
    result.push_back({x.id, number_, x.status == cluster::replica_status::up, x.clock});
  return result;
}

tracker_stats shard::stats() const {
  auto result = memory_->before;
  result.handler_failures += handler_failures_;
  result.resyncs += resyncs_;
  result.subscriptions = memory_->subscriptions.size();
  result.monitored = watches_.size();
  result.busy = busy_times_;
  result.longest_busy_us = longest_busy_us_;
  if (!machine_) return result;
  auto now = machine_->stats();
  now.presences = machine_->state().table().size();
  now.memory_bytes = machine_->state().table().memory_bytes();
  return result += now;
}

std::vector<caf::strong_actor_ptr>
shard::find(const std::vector<cluster::actor_number>& who) const {
  std::vector<caf::strong_actor_ptr> result(who.size());
  for (std::size_t i = 0; machine_ && i < who.size(); ++i) {
    if (who[i].life != machine_->self().inc) continue;
    const auto found = memory_->tracked.find(who[i].actor);
    if (found != memory_->tracked.end())
      result[i] = caf::actor_cast<caf::strong_actor_ptr>(found->second);
  }
  return result;
}

} // namespace rollcall::actors
