#include "rollcall/stats.hpp"

#include <algorithm>
#include <functional>

namespace rollcall {

namespace {

using stats = tracker_stats;
constexpr auto total = counter::kind::total, now = counter::kind::now;

constexpr counter all_counters[] = {
    {"frames_unknown", &stats::frames_unknown, total, "frames of a later version, ignored"},
    {"frames_forged", &stats::frames_forged, total,
     "frames that named another sender than their link"},
    {"frames_costly", &stats::frames_costly, total, "frames that said more than a frame may"},
    {"lives_refused", &stats::lives_refused, total, "frames of lives too far ahead of our clock"},
    {"no_room", &stats::no_room, total, "peers and deltas that a limit kept out for now"},
    {"evicted", &stats::evicted, total, "replicas that were down and made room for the living"},
    {"pulls_dropped", &stats::pulls_dropped, total,
     "pulls that came faster than their answers were read"},
    {"pulls", &stats::pulls, total, "pulls sent"},
    {"merges", &stats::merges, total, "deltas merged"},
    {"joins", &stats::joins, total, "joins that became visible"},
    {"leaves", &stats::leaves, total, "leaves that became visible"},
    {"rebirths", &stats::rebirths, total, "new incarnations taken because a higher one was seen"},
    {"divergences", &stats::divergences, total, "copies that the audit found wrong"},
    {"presences", &stats::presences, now, "presences held, of all replicas"},
    {"memory", &stats::memory_bytes, now, "bytes held by presences and their indexes"},
    {"monitored", &stats::monitored, now, "local actors monitored"},
    {"subscriptions", &stats::subscriptions, now, "subscriptions"},
    {"resyncs", &stats::resyncs, total, "times a slow subscriber was given the state again"},
    {"handler_failures", &stats::handler_failures, total, "exceptions thrown by handlers"},
    {"restarts", &stats::restarts, total, "restarts of shards"},
    {"longest_busy_us", &stats::longest_busy_us, now, "longest handling of one message, in us",
     counter::sum::greatest},
};

constexpr frame_counter all_frame_counters[] = {
    {"frames_in", &stats::frames_in, "frames received"},
    {"frames_out", &stats::frames_out, "frames sent, once for each receiver"},
    {"bytes_in", &stats::bytes_in, "bytes of frames received"},
    {"bytes_out", &stats::bytes_out, "bytes of frames sent"},
};

} // namespace

std::span<const counter> counters() noexcept { return all_counters; }
std::span<const frame_counter> frame_counters() noexcept { return all_frame_counters; }

const char* name_of_frame_kind(std::size_t kind) noexcept {
  constexpr std::array<const char*, frame_kind_count> names = {"refused", "heartbeat", "pull",
                                                               "state", "bye"};
  static_assert(names.back() != nullptr, "give each frame_kind a name");
  return kind < names.size() ? names[kind] : "unknown";
}

tracker_stats& tracker_stats::operator+=(const tracker_stats& x) noexcept {
  const auto add = [](auto& to, const auto& from) {
    std::transform(to.begin(), to.end(), from.begin(), to.begin(), std::plus<>{});
  };
  for (const auto& c : all_frame_counters) add(this->*c.member, x.*c.member);
  for (const auto& c : all_counters)
    if (c.how == counter::sum::greatest)
      this->*c.member = std::max(this->*c.member, x.*c.member);
    else
      this->*c.member += x.*c.member;
  add(busy, x.busy);
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
  case tracker_event_kind::no_room:
    return "no_room";
  case tracker_event_kind::clock_ahead:
    return "clock_ahead";
  case tracker_event_kind::diverged:
    return "diverged";
  case tracker_event_kind::name_conflict:
    return "name_conflict";
  case tracker_event_kind::handler_failed:
    return "handler_failed";
  case tracker_event_kind::shard_restarted:
    return "shard_restarted";
  case tracker_event_kind::tracker_failed:
    return "tracker_failed";
  }
  return "unknown";
}

} // namespace rollcall
