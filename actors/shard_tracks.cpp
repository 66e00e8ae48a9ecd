// Tracks that wait in the mailbox together are published together.
//
// Publishing costs as much as inserting, since tree nodes that readers can see must be
// copied before the next change. So a track that arrives as a message is carried out, but
// published, reported and answered together with those behind it: when `most_held` are
// held, or when a message that the first one sent to ourselves has passed the mailbox, and
// always before anything else is done. Each track is still a diff of its own, and the
// order of one operation is kept: published, handle_diff, subscribers, reply.
//
// A shard that dies has published and answered none of the held tracks.
#include "actors/clock.hpp"
#include "actors/shard.hpp"

#include <cassert>

namespace rollcall::actors {

namespace {

constexpr std::size_t most_held = 32;

} // namespace

caf::result<track_reply> shard::track_with_others(const track_msg& x) {
  const message_scope now{*this, message_scope::begin::holds};
  something_came_ = true;
  if (const auto e = refused(x.who, x.topic, x.key); e != errc::none) return make_error(e);
  if (const auto e = refused_meta(x.meta); e != errc::none) return make_error(e);
  auto todo = machine_->step_unpublished(
      cluster::op_track{x.topic, x.key, x.who.id(), x.meta.bytes()}, steady_now());
  if (todo.code != errc::none) {
    release_tracks();
    machine_->publish();
    return refused_by(std::move(todo));
  }
  watch_tracked(x.who);
  auto promise = compat::make_promise<track_reply>(this);
  if (held_.empty()) compat::send(this, self(), timer_msg{timer::held, 0});
  const track_reply answer{todo.ref.value()};
  held_.push_back({promise, answer, std::move(todo)});
  if (held_.size() >= most_held) release_tracks();
  return promise;
}

void shard::release_tracks() {
  if (held_.empty()) return;
  assert(machine_ && released_.empty());
  released_.swap(held_); // tracks of handlers arrive as messages, and are held again
  machine_->publish();
  counting_ = wants_first_and_last();
  if (counting_)
    for (const auto& x : released_) expect(x.todo);
  for (auto& x : released_) carry_out(std::move(x.todo));
  if (std::exchange(counting_, false)) counts_.clear();
  for (auto& x : released_) x.promise.deliver(x.answer);
  released_.clear();
}

void shard::fail_tracks(errc why) {
  for (auto& x : held_) x.promise.deliver(make_error(why));
  held_.clear();
}

} // namespace rollcall::actors
