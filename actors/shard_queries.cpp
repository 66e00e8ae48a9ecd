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
  const auto& from = machine_->stats();
  tracker_stats now;
  std::copy(std::begin(from.frames_in), std::end(from.frames_in), now.frames_in.begin());
  std::copy(std::begin(from.frames_out), std::end(from.frames_out), now.frames_out.begin());
  std::copy(std::begin(from.bytes_in), std::end(from.bytes_in), now.bytes_in.begin());
  std::copy(std::begin(from.bytes_out), std::end(from.bytes_out), now.bytes_out.begin());
  now.frames_unknown = from.frames_unknown;
  now.frames_forged = from.frames_forged;
  now.frames_costly = from.frames_costly;
  now.lives_refused = from.lives_refused;
  now.no_room = from.no_room;
  now.evicted = from.evicted;
  now.pulls_dropped = from.pulls_dropped;
  now.pulls = from.pulls;
  now.merges = from.merges;
  now.joins = from.joins;
  now.leaves = from.leaves;
  now.rebirths = from.rebirths;
  now.presences = machine_->state().table().size();
  now.memory_bytes = machine_->state().table().memory_bytes();
  return result += now;
}

expected<resolve_reply> shard::resolve(std::uint64_t actor) const {
  const auto found = memory_->tracked.find(actor);
  if (found == memory_->tracked.end()) return make_error(errc::nopresence);
  auto handle = caf::actor_cast<caf::strong_actor_ptr>(found->second);
  if (!handle) return make_error(errc::nopresence);
  return resolve_reply{std::move(handle)};
}

} // namespace rollcall::actors
