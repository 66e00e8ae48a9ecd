#include "actors/shard.hpp"

#include <algorithm>

namespace rollcall::actors {

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
  if (!machine_) return result;
  const auto& from = machine_->stats();
  tracker_stats now;
  std::copy(std::begin(from.frames_in), std::end(from.frames_in), now.frames_in.begin());
  std::copy(std::begin(from.frames_out), std::end(from.frames_out), now.frames_out.begin());
  std::copy(std::begin(from.bytes_in), std::end(from.bytes_in), now.bytes_in.begin());
  std::copy(std::begin(from.bytes_out), std::end(from.bytes_out), now.bytes_out.begin());
  now.frames_unknown = from.frames_unknown;
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
