#include "rollcall/metrics.hpp"

#include <fmt/format.h>

#include <array>
#include <cmath>
#include <cstddef>
#include <string_view>

namespace rollcall {

namespace {

using labels = std::vector<std::pair<std::string, std::string>>;

/// Collects metrics with common labels.
class collector {
public:
  explicit collector(labels common) : common_(std::move(common)) {}

  void counter(std::string_view name, std::string_view help, std::uint64_t value, labels own = {}) {
    add(metric_kind::counter, name, help, static_cast<double>(value), std::move(own));
  }
  void gauge(std::string_view name, std::string_view help, double value, labels own = {}) {
    add(metric_kind::gauge, name, help, value, std::move(own));
  }
  std::vector<metric> take() { return std::move(all_); }

private:
  void add(metric_kind kind, std::string_view name, std::string_view help, double value,
           labels own) {
    own.insert(own.begin(), common_.begin(), common_.end());
    all_.push_back({std::string{name}, std::string{help}, kind, std::move(own), value});
  }

  labels common_;
  std::vector<metric> all_;
};

void add_frames(collector& to, const tracker_stats& s) {
  constexpr std::array kinds{"refused", "heartbeat", "pull", "state", "bye"};
  static_assert(kinds.size() == std::tuple_size_v<decltype(s.frames_in)>);
  // All metrics of one name must stand together.
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    constexpr auto help = "frames of the protocol";
    to.counter("rollcall_frames_total", help, s.frames_in[i],
               {{"kind", kinds[i]}, {"direction", "in"}});
    if (i != 0) // sent frames are not refused
      to.counter("rollcall_frames_total", help, s.frames_out[i],
                 {{"kind", kinds[i]}, {"direction", "out"}});
  }
  for (std::size_t i = 0; i < kinds.size(); ++i) {
    constexpr auto help = "bytes of frames of the protocol";
    to.counter("rollcall_frame_bytes_total", help, s.bytes_in[i],
               {{"kind", kinds[i]}, {"direction", "in"}});
    if (i != 0)
      to.counter("rollcall_frame_bytes_total", help, s.bytes_out[i],
                 {{"kind", kinds[i]}, {"direction", "out"}});
  }
}

// One name, so that one alert covers all limits.
void add_limits(collector& to, const tracker_stats& s) {
  constexpr auto help = "times that a limit kept something out, or cut it off";
  const auto add = [&](const char* what, std::uint64_t times) {
    to.counter("rollcall_limits_hit_total", help, times, {{"limit", what}});
  };
  add("no_room", s.no_room);
  add("evicted", s.evicted);
  add("frames_costly", s.frames_costly);
  add("pulls_dropped", s.pulls_dropped);
  add("lives_refused", s.lives_refused);
  add("subscriber_credit", s.resyncs);
}

// Buckets of a histogram: the number of messages that took less than `le` seconds.
void add_busy(collector& to, const tracker_stats& s) {
  std::uint64_t sum = 0;
  for (std::size_t i = 0; i < s.busy.size(); ++i) {
    sum += s.busy[i];
    const bool last = i + 1 == s.busy.size();
    to.counter("rollcall_busy_total", "messages that kept a shard busy for less than le seconds",
               sum,
               {{"le", last ? "+Inf" : fmt::format("{}", std::ldexp(1e-6, static_cast<int>(i)))}});
  }
  to.gauge("rollcall_longest_busy_seconds", "longest time that a shard took for one message",
           static_cast<double>(s.longest_busy_us) * 1e-6);
}

std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\n')
      out += "\\n";
    else if (c == '\\' || (c == '"' && quotes))
      (out += '\\') += c;
    else
      out += c;
  }
  return out;
}

} // namespace

std::vector<metric> metrics_of(const tracker& t) {
  if (!t) return {};
  const auto counted = t.stats();
  const auto replicas = t.replicas();
  if (!counted || !replicas) return {};
  const auto& s = *counted;
  collector to{{{"tracker", t.name()}}};

  to.gauge("rollcall_presences", "presences held, of all replicas",
           static_cast<double>(s.presences));
  to.gauge("rollcall_topics", "topics with presences", static_cast<double>(t.topics().size()));
  std::size_t up = 0;
  for (const auto& r : *replicas) up += r.up;
  constexpr auto of_replicas = "replicas known, this node's own among them";
  to.gauge("rollcall_replicas", of_replicas, static_cast<double>(up), {{"state", "up"}});
  to.gauge("rollcall_replicas", of_replicas, static_cast<double>(replicas->size() - up),
           {{"state", "down"}});
  to.gauge("rollcall_memory_bytes", "memory of presences and their indexes",
           static_cast<double>(s.memory_bytes));
  to.gauge("rollcall_monitored_actors", "local actors that are watched",
           static_cast<double>(s.monitored));
  to.gauge("rollcall_subscriptions", "subscriptions", static_cast<double>(s.subscriptions));

  to.counter("rollcall_joins_total", "presences that joined", s.joins);
  to.counter("rollcall_leaves_total", "presences that left", s.leaves);
  to.counter("rollcall_merges_total", "deltas applied", s.merges);
  to.counter("rollcall_pulls_total", "requests for what was missing", s.pulls);
  to.counter("rollcall_rebirths_total", "new incarnations of this node's replicas", s.rebirths);
  to.counter("rollcall_resyncs_total", "slow subscribers that were given the state again",
             s.resyncs);
  to.counter("rollcall_handler_failures_total", "exceptions of handlers", s.handler_failures);
  to.counter("rollcall_shard_restarts_total", "shards that died and were replaced", s.restarts);
  to.counter("rollcall_frames_unknown_total", "frames of a later version", s.frames_unknown);
  to.counter("rollcall_frames_forged_total", "frames that named another sender than their link",
             s.frames_forged);
  to.counter("rollcall_divergences_total", "copies that the audit found wrong", s.divergences);
  add_limits(to, s);
  add_frames(to, s);
  add_busy(to, s);
  return to.take();
}

std::vector<metric> metrics_of(const cluster_node& n) {
  if (!n) return {};
  const auto counted = n.stats();
  if (!counted) return {};
  const auto& s = *counted;
  collector to{{{"node", n.name()}}};
  to.gauge("rollcall_links", "links to other nodes", static_cast<double>(s.links_up));
  to.counter("rollcall_dials_total", "connections attempted", s.dials);
  to.counter("rollcall_dials_failed_total", "connections that failed", s.dials_failed);
  to.counter("rollcall_handshakes_refused_total", "connections that this node refused",
             s.handshakes_refused);
  to.counter("rollcall_link_frames_total", "frames on links", s.frames_in, {{"direction", "in"}});
  to.counter("rollcall_link_frames_total", "frames on links", s.frames_out, {{"direction", "out"}});
  to.counter("rollcall_link_bytes_total", "bytes on links", s.bytes_in, {{"direction", "in"}});
  to.counter("rollcall_link_bytes_total", "bytes on links", s.bytes_out, {{"direction", "out"}});
  to.counter("rollcall_link_dropped_total", "frames for which there was no link or no shard",
             s.dropped());
  return to.take();
}

std::string to_text(const std::vector<metric>& all) {
  std::string out;
  std::vector<bool> done(all.size());
  for (std::size_t i = 0; i < all.size(); ++i) {
    if (done[i]) continue;
    const auto& first = all[i];
    out += fmt::format("# HELP {} {}\n# TYPE {} {}\n", first.name, escaped(first.help, false),
                       first.name, first.kind == metric_kind::counter ? "counter" : "gauge");
    for (auto j = i; j < all.size(); ++j) {
      const auto& x = all[j];
      if (x.name != first.name) continue;
      done[j] = true;
      out += x.name;
      char before = '{';
      for (const auto& [name, text] : x.labels) {
        out += fmt::format("{}{}=\"{}\"", before, name, escaped(text, true));
        before = ',';
      }
      if (!x.labels.empty()) out += '}';
      out += fmt::format(" {}\n", x.value);
    }
  }
  return out;
}

} // namespace rollcall
