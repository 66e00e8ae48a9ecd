// Monitors of tracked actors and subscribers: one for each actor. Ids of local actors are
// never reused within an actor system.
#include "actors/shard.hpp"

namespace rollcall::actors {

namespace {

constexpr std::size_t most_together = 256;

} // namespace

shard::watch& shard::watched(const caf::actor_addr& who) {
  const auto [at, fresh] = watches_.try_emplace(who.id());
  if (!fresh) return at->second;
  // If the handle has expired, no down message will come, so we send ourselves one. In both
  // cases the end arrives as a message, after the reply to the present operation.
  if (auto strong = caf::actor_cast<caf::strong_actor_ptr>(who))
    at->second.token = compat::monitor(this, caf::actor_cast<caf::actor>(strong), on_down_);
  else
    compat::send(this, self(), call_msg{[who](void* x) { static_cast<shard*>(x)->ended(who); }});
  return at->second;
}

void shard::watch_tracked(const caf::actor_addr& who) {
  auto& x = watched(who);
  if (std::exchange(x.tracked, true)) return;
  memory_->tracked.emplace(who.id(), who);
}

void shard::watch_subscriber(const caf::actor_addr& who) { ++watched(who).subscriptions; }

void shard::unwatch_if_unused(std::uint64_t actor) {
  const auto found = watches_.find(actor);
  if (found == watches_.end() || found->second.tracked || found->second.subscriptions != 0) return;
  found->second.token.dispose();
  watches_.erase(found);
}

void shard::unwatch_tracked(std::uint64_t actor) {
  if (is_lease(actor)) return forget_lease(actor);
  const auto found = watches_.find(actor);
  if (found == watches_.end() || !found->second.tracked) return;
  if (machine_->state().table().count_of_actor(actor) != 0) return;
  found->second.tracked = false;
  memory_->tracked.erase(actor);
  unwatch_if_unused(actor);
}

void shard::unwatch_subscriber(const caf::actor_addr& who) {
  const auto found = watches_.find(who.id());
  if (found == watches_.end() || found->second.subscriptions == 0) return;
  --found->second.subscriptions;
  unwatch_if_unused(who.id());
}

void shard::ended(const caf::actor_addr& who) {
  const auto found = watches_.find(who.id());
  if (found == watches_.end()) return; // unwatched before the message arrived
  const bool tracked = found->second.tracked;
  watches_.erase(found);
  for (auto id : memory_->subscriptions.ids_of(who)) {
    copies_.abandon(id);
    memory_->subscriptions.remove(id);
  }
  if (!tracked) return;
  memory_->tracked.erase(who.id());
  // Actors that end together are untracked in one step, before anything else is done.
  ended_.push_back(who.id());
  if (!compat::more_waits(this) || ended_.size() >= most_together)
    untrack_ended();
  else if (ended_.size() == 1)
    compat::send(this, self(), timer_msg{timer::ended, 0});
}

void shard::untrack_ended() {
  if (ended_.empty()) return;
  const auto gone = std::exchange(ended_, {});
  step_and_carry_out(cluster::op_actors_gone{gone});
}

} // namespace rollcall::actors
