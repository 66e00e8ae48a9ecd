#include "rollcall/options.hpp"

#include "base/option_table.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string_view>

namespace rollcall {

namespace {

using row = option_row<tracker_options>;

constexpr std::int64_t an_hour = 3'600'000, a_year = 365 * 24 * an_hour;

// Rules between the periods are in validate.
constexpr row tracker_rows[] = {
    {"name", "tracker", "NAME", "name of the tracker, the same on every node",
     [](tracker_options& x) -> option_value { return &x.name; }, option_form::not_empty},
    {"pool-size", "pool-size", "N", "shards of the tracker, the same on every node",
     [](tracker_options& x) -> option_value { return &x.pool_size; }, option_form::any, 1, 4096},
    {"broadcast-period", "broadcast-period", "TIME", "the tick of the gossip",
     [](tracker_options& x) -> option_value { return &x.broadcast_period; }, option_form::any, 1,
     an_hour},
    {"max-silent-periods", "max-silent-periods", "N", "silent ticks before an empty heartbeat",
     [](tracker_options& x) -> option_value { return &x.max_silent_periods; }, option_form::any, 0,
     10'000},
    {"down-period", "down-period", "TIME", "silence after which a replica is down",
     [](tracker_options& x) -> option_value { return &x.down_period; }, option_form::any, 0, 0,
     "broadcast-period * max-silent-periods * 2"},
    {"permdown-period", "permdown-period", "TIME", "silence after which a replica is forgotten",
     [](tracker_options& x) -> option_value { return &x.permdown_period; }, option_form::any, 1,
     a_year},
    {"clock-sample-periods", "clock-sample-periods", "N",
     "ticks of heartbeats to collect before pulling",
     [](tracker_options& x) -> option_value { return &x.clock_sample_periods; }, option_form::any,
     1, 10'000},
    {"flush-interval", "flush-interval", "TIME",
     "how long changes are gathered before they are sent",
     [](tracker_options& x) -> option_value { return &x.flush_interval; }, option_form::any, 0,
     an_hour},
    {"max-frames-per-second", "max-frames-per-second", "N",
     "a shard with many peers gathers changes for longer, so that it sends no more frames than "
     "this",
     [](tracker_options& x) -> option_value { return &x.max_frames_per_second; }, option_form::any,
     1, 1'000'000},
    {"link-grace", "link-grace", "TIME", "a replica whose link is lost for so long is down",
     [](tracker_options& x) -> option_value { return &x.link_grace; }, option_form::any, 0, a_year},
    {"journal", "journal", "FILE",
     "write there what becomes visible or ceases to be, for rollcall why",
     [](tracker_options& x) -> option_value { return &x.journal_file; }, option_form::not_empty},
    {"permdown-on-shutdown", "permdown-on-shutdown", "", "say bye when stopped in order",
     [](tracker_options& x) -> option_value { return &x.permdown_on_shutdown; }},
};

problem bad(std::string message) { return {errc::bad_option, std::move(message)}; }

problem check_name(const std::string& name) {
  if (name.empty())
    return bad("name must not be empty: give the tracker a name, the same on every node");
  if (name.size() > max_name_bytes)
    return bad("name must not be longer than " + std::to_string(max_name_bytes)
               + " bytes: shorten it");
  return {};
}

problem check_limits(const limits& x) {
  constexpr limits most; // limits of one presence can be lowered, not raised
  constexpr std::size_t million = 1'000'000;
  struct {
    std::string_view what;
    std::size_t value, min, max;
  } const rules[] = {
      {"max_topic_bytes", x.max_topic_bytes, 1, most.max_topic_bytes},
      {"max_key_bytes", x.max_key_bytes, 1, most.max_key_bytes},
      {"max_meta_bytes", x.max_meta_bytes, 2, most.max_meta_bytes},
      {"max_meta_depth", x.max_meta_depth, 1, most.max_meta_depth},
      {"max_presences", x.max_presences, 1, 4'000 * million},
      {"max_presences_per_actor", x.max_presences_per_actor, 1, 4'000 * million},
      {"max_presences_per_topic", x.max_presences_per_topic, 1, 4'000 * million},
      {"max_leases", x.max_leases, 0, 100 * million},
      {"max_presences_per_replica", x.max_presences_per_replica, 1, 4'000 * million},
      {"max_bytes_per_replica", x.max_bytes_per_replica, 1, 1'000'000 * million},
      {"max_replicas", x.max_replicas, 1, 65'536},
      {"max_ended", x.max_ended, 1, million},
      {"max_frame_bytes", x.max_frame_bytes, 1, 16 * 1024 * 1024},
      {"max_frame_presences", x.max_frame_presences, 1, million},
      {"max_removal_log", x.max_removal_log, 0, 100 * million},
      {"max_beyond", x.max_beyond, 1, million},
      {"max_outstanding_bytes", x.max_outstanding_bytes, 1, 4'000 * million},
      {"batch", x.batch, 1, million},
      {"max_subscriptions", x.max_subscriptions, 1, 100 * million},
      {"subscriber_credit", x.subscriber_credit, 1, million},
      {"max_dispatch_bytes", x.max_dispatch_bytes, 1, 64 * 1024 * 1024},
      {"max_dispatch_backlog", x.max_dispatch_backlog, 1, 4'000 * million},
      {"max_journal_entries", x.max_journal_entries, 0, 100 * million},
      {"max_journal_bytes", x.max_journal_bytes, 0, 4'000 * million},
      {"max_journal_file_bytes", x.max_journal_file_bytes, 1, 1'000'000 * million},
      {"max_journal_backlog", x.max_journal_backlog, 1, 4'000 * million},
      {"subscriber_credit_bytes", x.subscriber_credit_bytes, 1, 4'000 * million},
  };
  for (auto& rule : rules) {
    auto name = "limits." + std::string{rule.what};
    if (auto p = check_count(name, rule.value, rule.min, rule.max)) return p;
  }
  // One kilobyte for names, clocks and refs.
  auto largest = x.max_topic_bytes + x.max_key_bytes + x.max_meta_bytes + 1024;
  if (x.max_frame_bytes < largest)
    return bad("limits.max_frame_bytes must hold one largest presence, " + std::to_string(largest)
               + " bytes, and is " + std::to_string(x.max_frame_bytes)
               + ": raise it, or lower max_topic_bytes, max_key_bytes or max_meta_bytes");
  return {};
}

} // namespace

std::span<const option_row<tracker_options>> tracker_option_table() noexcept {
  return tracker_rows;
}

std::string member_name(std::string_view key) {
  std::string result{key};
  std::replace(result.begin(), result.end(), '-', '_');
  return result;
}

problem check_count(std::string_view what, std::size_t x, std::size_t least, std::size_t most) {
  if (x >= least && x <= most) return {};
  return bad(std::string{what} + " must be " + std::to_string(least) + " to " + std::to_string(most)
             + ", and is " + std::to_string(x) + ": choose one within");
}

problem check_period(std::string_view what, millis x, millis least, millis most) {
  if (x >= least && x <= most) return {};
  return bad(std::string{what} + " must be " + std::to_string(least.count()) + " to "
             + std::to_string(most.count()) + " ms, and is " + std::to_string(x.count())
             + " ms: choose one within");
}

millis tracker_options::effective_down_period() const noexcept {
  if (down_period) return *down_period;
  // Also called for options that are not validated, so it must not overflow.
  constexpr auto most = std::numeric_limits<millis::rep>::max();
  auto period = broadcast_period.count();
  if (period <= 0 || max_silent_periods == 0) return millis{0};
  if (max_silent_periods > static_cast<std::uint64_t>(most / 2 / period)) return millis{most};
  return millis{period * static_cast<millis::rep>(max_silent_periods) * 2};
}

problem validate_down_period(millis down_period, millis broadcast_period) {
  if (down_period / 2 >= broadcast_period)
    return {}; // correct for odd values, and does not overflow
  return bad("down_period must be at least twice as large as the broadcast_period");
}

problem validate_permdown_period(millis permdown_period, millis down_period) {
  if (permdown_period > down_period) return {};
  return bad("permdown_period must be at least larger than the down_period");
}

problem validate(const tracker_options& x) {
  if (auto p = check_name(x.name)) return p;
  auto copy = x; // the table has non-const pointers
  for (const auto& r : tracker_rows) {
    if (r.at(copy) == option_value{&copy.permdown_period}) {
      const auto down = x.effective_down_period();
      if (auto p = validate_down_period(down, x.broadcast_period)) return p;
      // So the upper bound of permdown_period applies to down_period, too.
      if (auto p = validate_permdown_period(x.permdown_period, down)) return p;
    }
    if (auto p = check_row(r, copy)) return p;
  }
  return check_limits(x.limits);
}

} // namespace rollcall
