#include "actors/clock.hpp"
#include "actors/inside_handler.hpp"
#include "actors/shard.hpp"

namespace rollcall::actors {

// -- checks before the machine ------------------------------

errc shard::refused_name(std::string_view topic, std::string_view key) const noexcept {
  const auto& limits = pool_->options().limits;
  if (topic.empty() || topic.size() > limits.max_topic_bytes) return errc::bad_topic;
  if (key.empty() || key.size() > limits.max_key_bytes) return errc::bad_key;
  return errc::none;
}

errc shard::refused_meta(const meta& x) const noexcept {
  if (!x.valid()) return x.why();
  return x.bytes().size() > pool_->options().limits.max_meta_bytes ? errc::too_large : errc::none;
}

errc shard::refused(const caf::actor_addr& who, std::string_view topic,
                    std::string_view key) const {
  if (const auto e = closed(); e != errc::none) return e;
  if (const auto e = refused_name(topic, key); e != errc::none) return e;
  return check_local(pool_->system(), who);
}

errc shard::refused_pid(const pid& who) const {
  if (const auto e = closed(); e != errc::none) return e;
  if (who.replica == machine_->self()) return errc::none;
  return who.replica.name == machine_->self().name ? errc::not_owner : errc::not_local;
}

/// An operation that the machine refuses changes nothing. But the step may have other
/// actions, such as a flush that was due; these are carried out.
caf::error shard::refused_by(cluster::actions todo) {
  const auto code = todo.code;
  carry_out(std::move(todo));
  return make_error(code);
}

// -- operations --------------------------------------------------------------------

expected<track_reply> shard::track(const caf::actor_addr& who, std::string_view topic,
                                   std::string_view key, const meta& data, bool more) {
  if (const auto e = refused(who, topic, key); e != errc::none) return make_error(e);
  if (const auto e = refused_meta(data); e != errc::none) return make_error(e);
  auto todo = step(cluster::op_track{topic, key, who.id(), data.bytes(), more});
  if (todo.code != errc::none) return refused_by(std::move(todo));
  const track_reply result{todo.ref.value()};
  watch_tracked(who);
  carry_out(std::move(todo), &data);
  return result;
}

track_many_reply shard::track_many(const caf::actor_addr& who, std::string_view topic,
                                   const std::vector<std::string>& keys, const meta& data) {
  track_many_reply result;
  for (const auto& key : keys) {
    const auto x = track(who, topic, key, data, &key != &keys.back());
    if (!x) {
      result.code = code_of(x.error());
      break;
    }
    ++result.count;
  }
  return result;
}

expected<update_reply> shard::update_id(std::uint64_t actor, std::string_view topic,
                                        std::string_view key, const meta& data) {
  if (const auto e = refused_meta(data); e != errc::none) return make_error(e);
  auto todo = step(cluster::op_update{topic, key, actor, data.bytes()});
  if (todo.code != errc::none) return refused_by(std::move(todo));
  const update_reply result{todo.ref.value(), todo.prev_ref.value()};
  carry_out(std::move(todo), &data);
  return result;
}

expected<update_reply> shard::update(const caf::actor_addr& who, std::string_view topic,
                                     std::string_view key, const meta& data) {
  if (const auto e = refused(who, topic, key); e != errc::none) return make_error(e);
  return update_id(who.id(), topic, key, data);
}

expected<update_reply> shard::update(const pid& who, std::string_view topic, std::string_view key,
                                     const meta& data) {
  if (const auto e = refused_pid(who); e != errc::none) return make_error(e);
  if (const auto e = refused_name(topic, key); e != errc::none) return make_error(e);
  return update_id(who.actor, topic, key, data);
}

expected<update_reply> shard::update(const caf::actor_addr& who, std::string_view topic,
                                     std::string_view key, const updater& next) {
  if (const auto e = refused(who, topic, key); e != errc::none) return make_error(e);
  const auto id = who.id();
  const auto& self = machine_->self();
  // The list keeps the old meta valid, whatever `next` does.
  const auto members = machine_->state().table().get_by_key(topic, key);
  for (const auto x : members) {
    if (x.actor() != id || x.replica() != self) continue;
    meta fresh;
    const auto thrown = handler_.run([&] {
      if (!next) throw std::bad_function_call{};
      fresh = next(x.meta());
    });
    if (thrown) return make_error(errc::updater_failed, *thrown);
    return update_id(id, topic, key, fresh);
  }
  return make_error(errc::nopresence);
}

caf::error shard::untrack_id(std::uint64_t actor, std::string_view topic, std::string_view key) {
  auto todo = step(cluster::op_untrack{topic, key, actor});
  if (todo.code != errc::none && todo.code != errc::nopresence) return refused_by(std::move(todo));
  unwatch_tracked(actor);
  carry_out(std::move(todo));
  return {};
}

caf::error shard::untrack(const caf::actor_addr& who, std::string_view topic,
                          std::string_view key) {
  if (const auto e = refused(who, topic, key); e != errc::none) return make_error(e);
  return untrack_id(who.id(), topic, key);
}

caf::error shard::untrack(const pid& who, std::string_view topic, std::string_view key) {
  if (const auto e = refused_pid(who); e != errc::none) return make_error(e);
  if (const auto e = refused_name(topic, key); e != errc::none) return make_error(e);
  return untrack_id(who.actor, topic, key);
}

caf::error shard::flip_a_bit(std::string_view topic, std::string_view key) {
  if (const auto e = closed(); e != errc::none) return make_error(e);
  auto todo = step(cluster::flip_a_bit{topic, key});
  if (todo.code != errc::none) return refused_by(std::move(todo));
  carry_out(std::move(todo));
  return {};
}

caf::error bad_lease(millis lease, const tracker_options& x) {
  if (lease > millis{0} && lease <= x.permdown_period) return {};
  return make_error(errc::bad_lease, "a lease of " + std::to_string(lease.count())
                                         + " ms: choose one of 1 to "
                                         + std::to_string(x.permdown_period.count())
                                         + " ms, which is permdown_period");
}

caf::error shard::drain(millis lease) {
  if (const auto e = closed(); e != errc::none) return make_error(e);
  if (auto why = bad_lease(lease, pool_->options())) return why;
  const auto until = steady_now() + lease;
  auto& drain = memory_->drain_until;
  drain = drain ? std::min(*drain, until) : until;
  step_and_carry_out(cluster::op_drain{lease});
  return {};
}

void shard::untrack_all(const caf::actor_addr& who, reply answer) {
  if (const auto e = closed(); e != errc::none) return answer(make_error(e));
  if (const auto e = check_local(pool_->system(), who); e != errc::none)
    return answer(make_error(e));
  // Registered before the step, so that the step can answer it.
  untracking_.emplace_back(who.id(), std::move(answer));
  step_and_carry_out(cluster::op_untrack_all{who.id()});
}

} // namespace rollcall::actors
