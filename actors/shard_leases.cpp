// Leases: presences without an actor.
//
// The actor of such a presence is a number that no actor has. When the lease ends, the
// presence leaves like those of an actor that ended.
#include "actors/clock.hpp"
#include "actors/shard.hpp"

#include <algorithm>

namespace rollcall::actors {

namespace {

errc refused_ttl(millis ttl) noexcept {
  return ttl < min_lease_ttl || ttl > max_lease_ttl ? errc::bad_lease : errc::none;
}

} // namespace

expected<lease_reply> shard::track_lease(std::string_view topic, std::string_view key,
                                         const meta& data, millis ttl) {
  if (const auto e = closed(); e != errc::none) return make_error(e);
  if (const auto e = refused_name(topic, key); e != errc::none) return make_error(e);
  if (const auto e = refused_meta(data); e != errc::none) return make_error(e);
  if (const auto e = refused_ttl(ttl); e != errc::none) return make_error(e);
  auto& leases = memory_->leases;
  if (leases.size() >= pool_->options().limits.max_leases)
    return make_error(errc::limit_reached, "max_leases");
  lease_reply result;
  result.lease.shard = number_;
  result.lease.token = random_bits();
  result.lease.number = leases.add(result.lease.token, ttl, steady_now());
  auto todo = step(cluster::op_track{topic, key, result.lease.number, data.bytes()});
  if (todo.code != errc::none) {
    leases.remove(result.lease.number);
    return refused_by(std::move(todo));
  }
  result.ref = todo.ref.value();
  carry_out(std::move(todo), &data);
  arm_lease_timer();
  return result;
}

expected<renew_reply> shard::renew(const std::vector<lease>& which, std::optional<millis> ttl) {
  if (const auto e = closed(); e != errc::none) return make_error(e);
  if (ttl)
    if (const auto e = refused_ttl(*ttl); e != errc::none) return make_error(e);
  const auto time = steady_now();
  renew_reply result;
  for (const auto& x : which)
    if (x.shard == number_ && memory_->leases.renew(x.number, x.token, ttl, time))
      ++result.renewed;
    else
      result.missing.push_back(x);
  arm_lease_timer();
  return result;
}

expected<update_reply> shard::update(const lease& which, const meta& data) {
  auto old = find(which); // a copy, since the update changes the table
  if (!old) return std::move(old.error());
  return update_id(which.number, old->topic, old->key, data);
}

caf::error shard::untrack(const lease& which) {
  const auto old = find(which);
  if (!old) return code_of(old.error()) == errc::no_such_lease ? caf::error{} : old.error();
  return untrack_id(which.number, old->topic, old->key);
}

expected<presence> shard::find(const lease& which) {
  if (const auto e = closed(); e != errc::none) return make_error(e);
  const auto& table = machine_->state().table();
  const auto first = which.shard == number_ && memory_->leases.holds(which.number, which.token)
                         ? table.first_of_actor(which.number)
                         : 0;
  if (first == 0) return make_error(errc::no_such_lease);
  return table.view(first).to_presence();
}

// -- ends of leases --------------------------------------------------------------------

void shard::arm_lease_timer() {
  const auto at = memory_->leases.wake_at();
  if (!at || (leases_at_ && *leases_at_ <= *at)) return; // the earlier timer sets the next one
  leases_at_ = at;
  set_timer(timer::leases, *at - steady_now());
}

void shard::end_leases() {
  leases_at_.reset();
  const auto most = std::max<std::size_t>(1, pool_->options().limits.batch);
  const auto gone = memory_->leases.take_due(steady_now(), most);
  if (!gone.empty()) step_and_carry_out(cluster::op_actors_gone{gone});
  arm_lease_timer(); // due at once if more leases have ended
}

void shard::forget_lease(std::uint64_t actor) {
  if (machine_->state().table().count_of_actor(actor) == 0) memory_->leases.remove(actor);
}

bool shard::restore_lease(const presence_view& x) {
  if (!is_lease(x.actor())) return false;
  if (memory_->leases.contains(x.actor()))
    carry_out(step(cluster::op_restore{x.topic(), x.key(), x.actor(), x.meta().bytes(), x.ref(),
                                       x.prev_ref()}));
  return true;
}

} // namespace rollcall::actors
