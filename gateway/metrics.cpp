// What a gateway, its tracker and its links have counted, for Prometheus.
#include "gateway/leases.hpp"
#include "gateway/rest.hpp"

#include <boost/asio/post.hpp>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>
#include <utility>
#include <vector>

namespace rollcall::gateway {

namespace {

using families = std::vector<prometheus::MetricFamily>;

prometheus::MetricFamily& family(families& out, std::string name, std::string help, bool gauge) {
  auto& x = out.emplace_back();
  x.name = std::move(name);
  x.help = std::move(help);
  x.type = gauge ? prometheus::MetricType::Gauge : prometheus::MetricType::Counter;
  return x;
}

void set(prometheus::MetricFamily& to, double value,
         std::vector<prometheus::ClientMetric::Label> labels = {}) {
  auto& x = to.metric.emplace_back();
  x.label = std::move(labels);
  if (to.type == prometheus::MetricType::Gauge)
    x.gauge.value = value;
  else
    x.counter.value = value;
}

void add(families& out, std::string name, std::string help, bool gauge, std::uint64_t value) {
  set(family(out, std::move(name), std::move(help), gauge), static_cast<double>(value));
}

void add_tracker(families& out, const tracker_stats& s) {
  constexpr const char* kinds[] = {"refused", "heartbeat", "pull", "state", "bye"};
  const auto by_kind = [&](const char* name, const char* help, const auto& values) {
    auto& x = family(out, name, help, false);
    for (std::size_t i = 0; i < std::min(std::size(kinds), values.size()); ++i)
      set(x, static_cast<double>(values[i]), {{"kind", kinds[i]}});
  };
  by_kind("rollcall_frames_in_total", "Frames received", s.frames_in);
  by_kind("rollcall_frames_out_total", "Frames sent", s.frames_out);
  by_kind("rollcall_frame_bytes_in_total", "Bytes of frames received", s.bytes_in);
  by_kind("rollcall_frame_bytes_out_total", "Bytes of frames sent", s.bytes_out);
  add(out, "rollcall_pulls_total", "Pulls sent", false, s.pulls);
  add(out, "rollcall_merges_total", "Deltas merged", false, s.merges);
  add(out, "rollcall_joins_total", "Joins seen", false, s.joins);
  add(out, "rollcall_leaves_total", "Leaves seen", false, s.leaves);
  add(out, "rollcall_presences", "Presences held", true, s.presences);
  add(out, "rollcall_memory_bytes", "Memory of presences and their indexes", true, s.memory_bytes);
  add(out, "rollcall_monitored", "Local actors that are watched", true, s.monitored);
  add(out, "rollcall_subscriptions", "Subscriptions", true, s.subscriptions);
  add(out, "rollcall_subscription_resyncs_total", "Slow subscribers that got the state again",
      false, s.resyncs);
  add(out, "rollcall_restarts_total", "Restarts of shards", false, s.restarts);
}

void add_replicas(families& out, const std::vector<replica_state>& replicas) {
  auto& x = family(out, "rollcall_replica_up", "Whether a replica is up", true);
  for (const auto& r : replicas)
    set(x, r.up ? 1 : 0, {{"node", r.id.name}, {"shard", std::to_string(r.shard)}});
}

} // namespace

void answer_metrics(core& c, respond to) {
  auto out = std::make_shared<families>();
  for (const auto& row : counter_table)
    add(*out, std::string("rollcall_gateway_") + row.name, row.help, row.gauge, c.count.*row.value);
  add(*out, "rollcall_gateway_leases", "Presences that live by a lease", true, c.leased->size());
  boost::asio::post(c.blocking, [&c, to, out, t = c.tracker, node = c.cluster] {
    if (auto stats = t.stats()) add_tracker(*out, *stats);
    if (auto replicas = t.replicas()) add_replicas(*out, *replicas);
    if (node) {
      if (auto links = node.stats()) {
        add(*out, "rollcall_links_up", "Links to peers", true, links->links_up);
        add(*out, "rollcall_dials_total", "Dials", false, links->dials);
        add(*out, "rollcall_dials_failed_total", "Dials that failed", false, links->dials_failed);
        add(*out, "rollcall_handshakes_refused_total", "Handshakes refused", false,
            links->handshakes_refused);
        add(*out, "rollcall_link_bytes_in_total", "Bytes from peers", false, links->bytes_in);
        add(*out, "rollcall_link_bytes_out_total", "Bytes to peers", false, links->bytes_out);
        add(*out, "rollcall_frames_dropped_total", "Frames that found no way", false,
            links->dropped);
      }
    }
    auto text = prometheus::TextSerializer{}.Serialize(*out);
    boost::asio::post(c.io, [to, text = std::move(text)]() mutable {
      to({200, std::move(text), "text/plain; version=0.0.4; charset=utf-8", {}});
    });
  });
}

} // namespace rollcall::gateway
