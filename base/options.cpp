#include "rollcall/options.hpp"

#include <limits>
#include <string_view>

namespace rollcall {

namespace {

constexpr millis longest_broadcast_period = std::chrono::hours{1};
constexpr millis longest_period = std::chrono::hours{24 * 365};

problem bad(std::string message) { return {errc::bad_option, std::move(message)}; }

problem check_name(const std::string& name) {
  if (name.empty())
    return bad("name must not be empty: give the tracker a name, the same on every node");
  if (name.size() > 256) return bad("name must not be longer than 256 bytes: shorten it");
  return {};
}

problem check_count(std::string_view what, std::size_t x, std::size_t min, std::size_t max) {
  if (x >= min && x <= max) return {};
  return bad(std::string{what} + " must be " + std::to_string(min) + " to " + std::to_string(max)
             + ", and is " + std::to_string(x) + ": choose one within");
}

problem check_period(std::string_view what, millis x, millis min, millis max) {
  if (x >= min && x <= max) return {};
  return bad(std::string{what} + " must be " + std::to_string(min.count()) + " to "
             + std::to_string(max.count()) + " ms, and is " + std::to_string(x.count())
             + " ms: choose one within");
}

problem check_log_level(const std::string& level) {
  for (auto known : {"trace", "debug", "info", "warning", "error", "quiet"})
    if (level == known) return {};
  return bad("log_level must be trace, debug, info, warning, error or quiet, and is \""
             + level.substr(0, 64) + "\": choose one of these");
}

problem check_limits(const limits& x) {
  constexpr limits most; // what one presence may hold can be lowered, not raised
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
      {"subscriber_credit_bytes", x.subscriber_credit_bytes, 1, 4'000 * million},
  };
  for (auto& rule : rules) {
    auto name = "limits." + std::string{rule.what};
    if (auto p = check_count(name, rule.value, rule.min, rule.max)) return p;
  }
  // A kilobyte for names, clocks and refs around it.
  auto largest = x.max_topic_bytes + x.max_key_bytes + x.max_meta_bytes + 1024;
  if (x.max_frame_bytes < largest)
    return bad("limits.max_frame_bytes must hold one largest presence, " + std::to_string(largest)
               + " bytes, and is " + std::to_string(x.max_frame_bytes)
               + ": raise it, or lower max_topic_bytes, max_key_bytes or max_meta_bytes");
  return {};
}

} // namespace

millis tracker_options::effective_down_period() const noexcept {
  if (down_period) return *down_period;
  // Also called for options that nobody has validated: must not overflow.
  constexpr auto most = std::numeric_limits<millis::rep>::max();
  auto period = broadcast_period.count();
  if (period <= 0 || max_silent_periods == 0) return millis{0};
  if (max_silent_periods > static_cast<std::uint64_t>(most / 2 / period)) return millis{most};
  return millis{period * static_cast<millis::rep>(max_silent_periods) * 2};
}

problem validate_down_period(millis down_period, millis broadcast_period) {
  if (down_period / 2 >= broadcast_period) return {}; // also for odd ones, and never overflows
  return bad("down_period must be at least twice as large as the broadcast_period");
}

problem validate_permdown_period(millis permdown_period, millis down_period) {
  if (permdown_period > down_period) return {};
  return bad("permdown_period must be at least larger than the down_period");
}

problem validate(const tracker_options& x) {
  if (auto p = check_name(x.name)) return p;
  if (auto p = check_count("pool_size", x.pool_size, 1, 4096)) return p;
  if (auto p =
          check_period("broadcast_period", x.broadcast_period, millis{1}, longest_broadcast_period))
    return p;
  if (auto p = check_count("max_silent_periods", x.max_silent_periods, 0, 10'000)) return p;
  auto down = x.effective_down_period();
  if (auto p = validate_down_period(down, x.broadcast_period)) return p;
  if (auto p = validate_permdown_period(x.permdown_period, down)) return p;
  // down_period is below permdown_period, so this bounds both.
  if (auto p = check_period("permdown_period", x.permdown_period, millis{1}, longest_period))
    return p;
  if (auto p = check_count("clock_sample_periods", x.clock_sample_periods, 1, 10'000)) return p;
  if (auto p =
          check_period("flush_interval", x.flush_interval, millis{0}, longest_broadcast_period))
    return p;
  if (x.link_grace) {
    if (auto p = check_period("link_grace", *x.link_grace, millis{0}, longest_period)) return p;
  }
  if (auto p = check_log_level(x.log_level)) return p;
  return check_limits(x.limits);
}

} // namespace rollcall
