#include "rollcall/stats.hpp"

#include <algorithm>
#include <functional>

namespace rollcall {

tracker_stats& tracker_stats::operator+=(const tracker_stats& x) noexcept {
  const auto add = [](auto& to, const auto& from) {
    std::transform(to.begin(), to.end(), from.begin(), to.begin(), std::plus<>{});
  };
  add(frames_in, x.frames_in);
  add(frames_out, x.frames_out);
  add(bytes_in, x.bytes_in);
  add(bytes_out, x.bytes_out);
  frames_unknown += x.frames_unknown;
  frames_forged += x.frames_forged;
  frames_costly += x.frames_costly;
  lives_refused += x.lives_refused;
  no_room += x.no_room;
  evicted += x.evicted;
  pulls_dropped += x.pulls_dropped;
  pulls += x.pulls;
  merges += x.merges;
  joins += x.joins;
  leaves += x.leaves;
  rebirths += x.rebirths;
  presences += x.presences;
  memory_bytes += x.memory_bytes;
  monitored += x.monitored;
  subscriptions += x.subscriptions;
  resyncs += x.resyncs;
  handler_failures += x.handler_failures;
  restarts += x.restarts;
  add(busy, x.busy);
  longest_busy_us = std::max(longest_busy_us, x.longest_busy_us);
  return *this;
}

std::string to_string(tracker_event_kind x) {
  switch (x) {
  case tracker_event_kind::replica_up:
    return "replica_up";
  case tracker_event_kind::replica_down:
    return "replica_down";
  case tracker_event_kind::replica_permdown:
    return "replica_permdown";
  case tracker_event_kind::reborn:
    return "reborn";
  case tracker_event_kind::name_conflict:
    return "name_conflict";
  case tracker_event_kind::handler_failed:
    return "handler_failed";
  case tracker_event_kind::shard_restarted:
    return "shard_restarted";
  case tracker_event_kind::tracker_failed:
    return "tracker_failed";
  case tracker_event_kind::no_room:
    return "no_room";
  case tracker_event_kind::clock_ahead:
    return "clock_ahead";
  }
  return "unknown";
}

} // namespace rollcall
