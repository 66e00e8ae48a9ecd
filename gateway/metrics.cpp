// The counters of a gateway, its tracker and its links, for Prometheus.
#include "gateway/rest.hpp"
#include "rollcall/prometheus.hpp"

#include <boost/asio/post.hpp>

#include <iterator>
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
  boost::asio::post(c.blocking, [&c, to, out, t = c.tracker, node = c.cluster] {
    auto more = prometheus_metrics{t, node}.Collect();
    out->insert(out->end(), std::make_move_iterator(more.begin()),
                std::make_move_iterator(more.end()));
    if (auto replicas = t.replicas()) add_replicas(*out, *replicas);
    auto text = prometheus::TextSerializer{}.Serialize(*out);
    boost::asio::post(c.io, [to, text = std::move(text)]() mutable {
      to({200, std::move(text), "text/plain; version=0.0.4; charset=utf-8", {}});
    });
  });
}

} // namespace rollcall::gateway
