// Writes and reads the journal.
//
// The machine reports what changed and why. The shard adds the cause: the event of the
// step, and how long a peer had been silent when it was declared down.
#include "actors/clock.hpp"
#include "actors/shard.hpp"

namespace rollcall::actors {

namespace {

constexpr std::size_t most_names = 8192;

std::int64_t wall_now_ms() noexcept {
  using namespace std::chrono;
  return duration_cast<milliseconds>(system_clock::now().time_since_epoch()).count();
}

/// Reads the kind from the head of a frame; a frame with a wrong head changes nothing.
story_cause cause_of_frame(std::string_view bytes) noexcept {
  switch (bytes.size() > 4 ? static_cast<cluster::frame_kind>(bytes[4])
                           : cluster::frame_kind::heartbeat) {
  case cluster::frame_kind::pull:
    return story_cause::pull;
  case cluster::frame_kind::state:
    return story_cause::state;
  case cluster::frame_kind::bye:
    return story_cause::bye;
  case cluster::frame_kind::heartbeat:
    break;
  }
  return story_cause::heartbeat;
}

} // namespace

void shard::hear(const cluster::frame_received& x) {
  if (journals()) {
    heard_[x.from] = {steady_now(), false};
    through_ = {cause_of_frame(x.bytes), x.from};
  }
  step_and_carry_out(cluster::frame_in{x.bytes, x.from, wall_now_us()});
  through_ = {};
}

void shard::hear(const cluster::link_changed& x) {
  if (journals()) heard_[x.node].link_lost = !x.up;
  if (x.up)
    step_and_carry_out(cluster::link_up{x.node});
  else
    step_and_carry_out(cluster::link_down{x.node});
}

/// Reads the wall clock once per tick, since reading it for each change would be expensive.
void shard::set_wall_clock() { wall_offset_ms_ = wall_now_ms() - steady_now().count(); }

void shard::journal_changes(const cluster::actions& todo) {
  if (!journals()) return;
  const auto steady = steady_now();
  if (heard_.size() + silences_.size() > most_names) { // mostly of nodes that are gone
    heard_.clear();
    silences_.clear();
  }
  for (const auto& e : todo.events) {
    if (e.what == cluster::replica_change::down || e.what == cluster::replica_change::permdown) {
      auto& x = silences_[e.whose.name];
      const auto heard = heard_.find(e.whose.name);
      if (heard == heard_.end()) continue;
      x.heard_ms = heard->second.at.count() == 0 ? 0 : heard->second.at.count() + wall_offset_ms_;
      x.link_lost = heard->second.link_lost;
      x.forgotten = e.what == cluster::replica_change::permdown;
      if (x.forgotten) heard_.erase(heard);
    } else if (e.what == cluster::replica_change::up) {
      silences_.erase(e.whose.name);
    }
  }
  for (const auto& x : todo.reports) journal_report(x, steady);
}

void shard::journal_report(const cluster::report& x, cluster::instant steady) {
  const bool own = x.whose.name == machine_->self().name;
  journal::step now;
  now.steady_ms = steady.count();
  now.wall_ms = steady.count() + wall_offset_ms_;
  now.whose = &x.whose;
  bool forgotten = false;
  if (!own) {
    now.from = through_.from;
    if (const auto s = silences_.find(x.whose.name); s != silences_.end()) {
      now.heard_ms = s->second.heard_ms;
      now.link_lost = s->second.link_lost;
      forgotten = s->second.forgotten;
    }
  }
  const auto base = !own         ? through_.cause
                    : restoring_ ? story_cause::restart
                                 : story_cause::operation;
  auto* file = pool_->journal();
  journal_.begin(now);
  const auto& table = machine_->state().table();
  for (const auto& c : x.changes) {
    const auto p = table.view(c.what);
    // A presence that another one took over is of another replica than the report.
    if (const auto& whose = p.replica(); whose != *now.whose) {
      now.whose = &whose;
      journal_.begin(now);
    }
    auto what = c.join ? story_event::joined : story_event::left;
    auto cause = base;
    if (!own) switch (c.why) {
      case leave_reason::node_down: // for a join: the reason why it was hidden
        what = c.join ? story_event::shown : story_event::hidden;
        cause = c.join ? story_cause::up : story_cause::down;
        if (!c.join && forgotten) {
          what = story_event::left;
          cause = story_cause::permdown;
        }
        break;
      case leave_reason::node_left:
        if (!c.join) cause = story_cause::bye;
        break;
      case leave_reason::superseded:
        if (!c.join) cause = story_cause::superseded;
        break;
      case leave_reason::moved:
        cause = story_cause::drain;
        break;
      case leave_reason::untracked:
      case leave_reason::ended:
      case leave_reason::updated:
        break;
      }
    journal_.add(p.topic(), p.key(), p.actor(), p.ref(), what, c.why, cause);
    if (file != nullptr) {
      story_entry e;
      e.wall_ms = now.wall_ms;
      e.steady_ms = now.steady_ms;
      e.what = what;
      e.reason = c.why;
      e.cause = cause;
      e.who = {*now.whose, p.actor()};
      e.ref = p.ref();
      e.from = now.from;
      e.heard_ms = now.heard_ms;
      e.link_lost = now.link_lost;
      file->write(journal_line(p.topic(), p.key(), e));
    }
  }
}

expected<std::vector<story_entry>> shard::why(std::string_view topic, std::string_view key) {
  if (const auto e = closed(); e != errc::none) return make_error(e);
  if (const auto e = refused_name(topic, key); e != errc::none) return make_error(e);
  return journal_.story(topic, key);
}

} // namespace rollcall::actors
